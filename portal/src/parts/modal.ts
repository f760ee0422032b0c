import { useLayoutEffect, useRef } from "preact/hooks";

/** Shows the dialog of this ref as long as its component is there; closing it returns the focus. */
export function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return dialog;
}
