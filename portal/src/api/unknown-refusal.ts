/** Returns the message of a refusal that did not exist when the portal was built. A known refusal without a case does not compile. */
export const unknownRefusal = (answer: never): string => (answer as { readonly message: string }).message;
