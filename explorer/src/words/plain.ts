const OF_THE_CONTRACT = /\s*\(`\w+`\)/g;

/** A refusal in plain words, without the names of the contract, which stand in brackets and are meant for programs. */
export const plain = (message: string) => message.replace(OF_THE_CONTRACT, "");
