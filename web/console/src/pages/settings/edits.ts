// What somebody has changed of a section, and what it was when they began: the server refuses to write over anything else.

export interface Edits<T> {
  patch: Partial<T>;
  was: Partial<T>;
}

export const noEdits = { patch: {}, was: {} };

/** With more changes. What a field was is what stood there when it was first touched. */
export function edited<T extends object>(edits: Edits<T>, more: Partial<T>, stored: T): Edits<T> {
  const was = { ...edits.was };
  for (const name of Object.keys(more) as (keyof T)[]) {
    if (!(name in was)) was[name] = stored[name];
  }
  return { patch: { ...edits.patch, ...more }, was };
}

/** Whether anything is another than what is stored now. */
export function isDirty<T extends object>(edits: Edits<T>, stored: T): boolean {
  return JSON.stringify({ ...stored, ...edits.patch }) !== JSON.stringify(stored);
}

/** The same changes, over what somebody else has stored meanwhile. */
export function rebased<T extends object>(edits: Edits<T>, stored: T): Edits<T> {
  const was: Partial<T> = {};
  for (const name of Object.keys(edits.was) as (keyof T)[]) was[name] = stored[name];
  return { patch: edits.patch, was };
}
