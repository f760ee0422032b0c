import { render } from "preact";
import { App } from "./app";
import { forgetAskedLanguage } from "./state/language";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/screens.css";
import "./styles/print.css";

forgetAskedLanguage();
const root = document.getElementById("portal") as HTMLElement;
root.replaceChildren();
render(<App />, root);
