// What the widget says by itself. A language is a file here and a line below.

import { de } from "./de";
import { en } from "./en";
import { es } from "./es";
import { fr } from "./fr";

export type Texts = {
  title: string;
  greeting: string;
  open: string;
  openUnread: (count: number) => string;
  close: string;
  write: string;
  send: string;
  you: string;
  assistant: string;
  agent: string;
  talkingTo: (name: string) => string;
  withAssistant: string;
  waiting: string;
  ended: string;
  joined: (name: string) => string;
  assistantBack: string;
  closed: string;
  human: string;
  asked: string;
  place: (position: number) => string;
  wait: (minutes: number) => string;
  waitShort: string;
  notOpen: string;
  typing: (name: string) => string;
  offline: string;
  connecting: string;
  refused: string;
  signIn: string;
  anew: string;
  sending: string;
  queued: string;
  sent: string;
  read: string;
  notSent: string;
  tooMuch: string;
  tooLong: string;
  attach: string;
  remove: string;
  download: string;
  play: string;
  fileTooLarge: string;
  fileFailed: string;
  rate: string;
  stars: (score: number) => string;
  comment: string;
  submit: string;
  thanks: string;
  soundOn: string;
  soundOff: string;
  sources: string;
  said: (name: string) => string;
};

const LANGUAGES: Record<string, Texts> = { en, de, es, fr };
const RIGHT_TO_LEFT = ["ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"];

/** The texts of a language tag; English where there are none. */
export function textsOf(language: string): { texts: Texts; language: string } {
  const code = primary(language);
  const texts = LANGUAGES[code];
  return texts ? { texts, language: code } : { texts: en, language: "en" };
}

export function isRightToLeft(language: string): boolean {
  return RIGHT_TO_LEFT.includes(primary(language));
}

function primary(language: string): string {
  return language.toLowerCase().split(/[-_]/)[0] ?? "";
}
