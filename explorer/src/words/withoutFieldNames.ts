const OF_THE_CONTRACT = /\s*\(`\w+`\)/g;

/** A refusal without the names of fields (in brackets), which are meant for programs. */
export const withoutFieldNames = (message: string) => message.replace(OF_THE_CONTRACT, "");
