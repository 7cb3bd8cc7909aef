// Texts cut into what is shown apart: marked words, and where chunks and pages begin. Places are Unicode code points, as
// the server counts them; a string's own places count some characters twice. Pure.
import type { Range } from "./types";

/** Words of a text that look the same. */
export interface Run {
  text: string;
  marked: boolean;
}

/** A piece of a document's text. */
export interface Piece extends Run {
  /** Where it begins in the whole text. */
  at: number;
  /** The chunks and pages that begin with it, counted from 1. */
  chunks: number[];
  pages: number[];
}

/** A text with these ranges marked. Ranges may overlap, touch, or reach beyond the text. */
export function runsOf(text: string, ranges: Range[]): Run[] {
  const runs: Run[] = [];
  for (const piece of piecesOf({ start: 0, text }, ranges, [], [])) {
    const before = runs.at(-1);
    if (before?.marked === piece.marked) before.text += piece.text;
    else runs.push({ text: piece.text, marked: piece.marked });
  }
  return runs;
}

/** A stretch of a longer text, cut where a mark begins or ends and where a chunk or a page begins. */
export function piecesOf(
  stretch: { start: number; text: string },
  marks: Range[],
  chunks: { number: number; start: number }[],
  pages: number[],
): Piece[] {
  const characters = Array.from(stretch.text);
  const [from, to] = [stretch.start, stretch.start + characters.length];
  const isInside = (place: number) => place > from && place < to;
  const places = [
    ...marks.flatMap(({ start, end }) => [start, end]),
    ...chunks.map(({ start }) => start),
    ...pages,
  ];
  const cuts = [...new Set([from, ...places.filter(isInside)])].sort((one, other) => one - other);
  const begun = <T>(all: T[], placeOf: (one: T) => number, numberOf: (one: T, index: number) => number) => {
    const numbers = new Map<number, number[]>();
    all.forEach((one, index) => {
      const place = placeOf(one);
      numbers.set(place, [...(numbers.get(place) ?? []), numberOf(one, index)]);
    });
    return numbers;
  };
  const chunksAt = begun(
    chunks,
    (chunk) => chunk.start,
    (chunk) => chunk.number + 1,
  );
  const pagesAt = begun(
    pages,
    (place) => place,
    (_, index) => index + 1,
  );
  return cuts
    .map((at, index) => ({
      at,
      text: characters.slice(at - from, (cuts[index + 1] ?? to) - from).join(""),
      marked: marks.some(({ start, end }) => start <= at && at < end),
      chunks: chunksAt.get(at) ?? [],
      pages: pagesAt.get(at) ?? [],
    }))
    .filter((piece) => piece.text !== "");
}

/** Pieces that are marked alike, together: a passage is one mark, also where a chunk begins in it. */
export function groupsOf(pieces: Piece[]): { marked: boolean; pieces: Piece[] }[] {
  const groups: { marked: boolean; pieces: Piece[] }[] = [];
  for (const piece of pieces) {
    const before = groups.at(-1);
    if (before?.marked === piece.marked) before.pieces.push(piece);
    else groups.push({ marked: piece.marked, pieces: [piece] });
  }
  return groups;
}

/** The range of a page's address; null where there is none, or no sensible one. */
export function rangeOf(search: string): { version: number | null; range: Range | null } {
  const params = new URLSearchParams(search);
  const number = (name: string) => {
    const text = params.get(name);
    return text && /^\d{1,9}$/.test(text) ? Number(text) : null;
  };
  const [start, end] = [number("start"), number("end")];
  const range = start !== null && end !== null && end > start ? { start, end } : null;
  return { version: number("v"), range };
}
