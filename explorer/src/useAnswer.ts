// A query whose answer is shown. The answer to the newest query wins, in whatever order the answers arrive.
import { useCallback, useEffect, useRef, useState } from "react";

export interface Answered<T> {
  data: T | null;
  error: string;
  isLoading: boolean;
  again: () => void;
}

export function useAnswer<T>(question: (() => Promise<T>) | null, ...of: unknown[]): Answered<T> {
  const [state, setState] = useState<{ data: T | null; error: string; isLoading: boolean; of: unknown[] }>({
    data: null,
    error: "",
    isLoading: question !== null,
    of,
  });
  const turn = useRef(0);
  const latest = useRef({ question, of });
  latest.current = { question, of };
  const again = useCallback(() => {
    const mine = (turn.current += 1);
    const { question, of } = latest.current;
    const settle = (part: { data?: T | null; error: string }) =>
      mine === turn.current && setState((before) => ({ ...before, ...part, isLoading: false, of }));
    if (!question) return void settle({ data: null, error: "" });
    setState((before) => ({ ...before, isLoading: true }));
    question().then(
      (data) => settle({ data, error: "" }),
      (error: Error) => settle({ error: error.message }),
    );
  }, []);
  useEffect(again, of);
  const isOfBefore = state.of.some((value, index) => value !== of[index]); // the new query has not been sent yet
  return { data: state.data, error: state.error, isLoading: state.isLoading || isOfBefore, again };
}

/** The value once it has stayed the same for a moment. */
export function useSettled<T>(value: T, milliseconds = 180): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
