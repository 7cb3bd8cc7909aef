// Where the widget keeps what must outlive the page: the page's own localStorage, or this page's memory where that is blocked.

export type Keep = {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(prefix: string): string[];
};

export function pageStorage(): Keep {
  try {
    const storage = window.localStorage;
    const probe = "switchboard:probe";
    storage.setItem(probe, "1");
    storage.removeItem(probe);
    return lasting(storage);
  } catch {
    return memory();
  }
}

export function memory(): Keep {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** A full or withdrawn storage costs what would outlive the page, never the conversation: memory holds what does not fit. */
function lasting(storage: Storage): Keep {
  const beside = memory();
  const guarded = <T>(attempt: () => T, otherwise: () => T): T => {
    try {
      return attempt();
    } catch {
      return otherwise();
    }
  };
  return {
    get: (key) =>
      beside.get(key) ??
      guarded(
        () => storage.getItem(key),
        () => null,
      ),
    set: (key, value) => {
      beside.remove(key);
      guarded(
        () => storage.setItem(key, value),
        () => beside.set(key, value),
      );
    },
    remove: (key) => {
      beside.remove(key);
      guarded(
        () => storage.removeItem(key),
        () => undefined,
      );
    },
    keys: (prefix) => {
      const stored = guarded(
        () => Object.keys(storage).filter((key) => key.startsWith(prefix)),
        () => [],
      );
      return [...new Set([...stored, ...beside.keys(prefix)])];
    },
  };
}

export function readJson<T>(keep: Keep, key: string): T | null {
  try {
    return JSON.parse(keep.get(key) ?? "null");
  } catch {
    return null;
  }
}
