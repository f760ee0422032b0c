import type { Centre } from "./session";

/** Sets the centre's colour, from which the style sheet derives all shades. */
export function brand(centre: Centre | null): void {
  if (centre) document.documentElement.style.setProperty("--brand", centre.colour);
}
