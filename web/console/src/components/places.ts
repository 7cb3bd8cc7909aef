// Addresses of places in the knowledge, so that an answer's source and a search's hit open the same page.
import type { Cited } from "../api/types";

/** The source's page, without the console's base. */
export const documentAddress = (id: string) => `/knowledge/documents/${encodeURIComponent(id)}`;

/** The source's page at the cited words. */
export function placeAddress(cited: Omit<Cited, "version"> & { version?: number }): string {
  const version = cited.version === undefined ? "" : `v=${cited.version}&`;
  return `${documentAddress(cited.document)}?${version}start=${cited.start}&end=${cited.end}`;
}
