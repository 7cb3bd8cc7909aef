import { useRef } from "react";
import { randomId } from "../../../shared/ids";

/** A key for each request that is not the one before: one whose answer was lost is sent under its own again. */
export function useRepeatable(): (body: string) => string {
  const last = useRef({ body: "", key: "" });
  return (body) => {
    if (last.current.body !== body) last.current = { body, key: randomId() };
    return last.current.key;
  };
}
