// The registered documents of the sign-in page, the only ones that may be sent before the log-in.
import documents from "../static/sign_in.graphql?raw";

const blocks = documents.split(/\n\n+/).map((block) => block.trim());
const named = (name: string) => blocks.find((block) => block.includes(` ${name}`) && !block.startsWith("#"))!;

export const LOG_IN = named("StaffLogIn");
export const SESSION = named("StaffSession");
