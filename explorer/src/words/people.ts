// How people's names are written at the desk: surname first, as in lists.
interface Named {
  firstName: string;
  lastName: string;
}

export const personName = (person: Named) => `${person.lastName} ${person.firstName}`;

/** +48501234567 as people say it: 501 234 567. */
export function phoneText(phone: string | null | undefined): string {
  if (!phone) return "";
  const polish = /^\+48(\d{3})(\d{3})(\d{3})$/.exec(phone);
  return polish ? polish.slice(1).join(" ") : phone;
}

/** 1 wizyta, 2 wizyty, 5 wizyt. */
export function counted(count: number, one: string, few: string, many: string): string {
  const [tens, units] = [count % 100, count % 10];
  const word = count === 1 ? one : units >= 2 && units <= 4 && !(tens >= 12 && tens <= 14) ? few : many;
  return `${count} ${word}`;
}
