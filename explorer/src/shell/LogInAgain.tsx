// The session is over: the screen stays hidden until its user is back.
import { useState, useSyncExternalStore, type FormEvent } from "react";
import { post } from "../api";
import { page } from "../page";
import { begin, isOver, subscribe } from "../session";
import { LOG_IN } from "../signIn";

export const useIsOver = () => useSyncExternalStore(subscribe, isOver);

interface LogIn {
  logIn: { account?: { login: string; role: string; mustChangePassword: boolean }; message?: string; reason?: string };
}

async function logIn(data: FormData, setNeedsCode: (needs: boolean) => void): Promise<string> {
  const [login, password] = [data.get("login"), data.get("password")];
  const answer = await post<LogIn>(LOG_IN, { login, password, code: data.get("code") || null });
  const result = answer.data?.logIn;
  if (!result) return answer.errors?.[0]?.message ?? "To się nie udało.";
  if (result.reason) setNeedsCode(true);
  if (result.account?.mustChangePassword) location.reload();
  else if (result.account) begin(result.account.login, result.account.role);
  return result.message ?? "";
}

export function LogInAgain() {
  const [said, setSaid] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setSaid(await logIn(new FormData(event.currentTarget), setNeedsCode).catch((error: Error) => error.message));
  };
  return (
    <main className="log-in">
      <form onSubmit={(event) => void submit(event)}>
        <h1>Sesja się skończyła</h1>
        <p>Po zalogowaniu wszystko będzie tak, jak było.</p>
        <label>
          Login (adres e-mail)
          <input name="login" type="email" autoComplete="username" defaultValue={page.who} required />
        </label>
        <label>
          Hasło
          <input name="password" type="password" autoComplete="current-password" required autoFocus />
        </label>
        {needsCode && (
          <label>
            Kod z aplikacji lub kod zapasowy
            <input
              name="code"
              autoComplete="one-time-code"
              autoCapitalize="off"
              spellCheck={false}
              required
              autoFocus
            />
          </label>
        )}
        <p role="alert">{said}</p>
        <button className="main">Zaloguj się</button>
      </form>
    </main>
  );
}
