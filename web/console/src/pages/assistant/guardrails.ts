// The rules of an assistant as people choose them, and what keeps them from being saved. The server checks all of it again.
import type { AssistantSettings, PiiPattern } from "../../api/assistant";

export interface PiiChoice {
  value: string;
  label: string;
}

/** As docs/dialects/console.md lists them. */
export const piiGroups: { label: string; kinds: PiiChoice[] }[] = [
  {
    label: "Contact and payment",
    kinds: [
      { value: "email", label: "E-mail addresses" },
      { value: "phone", label: "Phone numbers" },
      { value: "card", label: "Payment cards" },
      { value: "iban", label: "Bank accounts (IBAN)" },
    ],
  },
  {
    label: "National numbers",
    kinds: [
      { value: "us_ssn", label: "USA: social security" },
      { value: "uk_nino", label: "UK: national insurance" },
      { value: "de_steuer_id", label: "Germany: Steuer-ID" },
      { value: "fr_nir", label: "France: NIR" },
      { value: "es_dni", label: "Spain: DNI, NIE" },
      { value: "it_codice_fiscale", label: "Italy: codice fiscale" },
      { value: "nl_bsn", label: "Netherlands: BSN" },
      { value: "pl_pesel", label: "Poland: PESEL" },
      { value: "be_nrn", label: "Belgium: national register" },
      { value: "ch_ahv", label: "Switzerland: AHV" },
      { value: "br_cpf", label: "Brazil: CPF" },
      { value: "ca_sin", label: "Canada: SIN" },
      { value: "au_tfn", label: "Australia: TFN" },
      { value: "in_aadhaar", label: "India: Aadhaar" },
    ],
  },
];

/** Those of the server, ISO 639-1. */
const languages =
  "ar bg cs da de el en es et fi fr he hi hr hu id it ja ko lt lv nb nl pl pt ro ru sk sl sv th tr uk zh".split(
    " ",
  );

const names = new Intl.DisplayNames(["en"], { type: "language" });

/** The languages that an answer can be held to, by their names. */
export const languageChoices = languages
  .map((code) => ({ value: code, label: names.of(code) ?? code }))
  .sort((a, b) => a.label.localeCompare(b.label));

/** Without blanks around and repetitions, none longer than it may be. */
export function tidy(texts: string[], maxChars: number): string[] {
  return [...new Set(texts.map((text) => text.trim().slice(0, maxChars)).filter(Boolean))];
}

/** The host of what was typed or pasted: `https://Shop.example/x` is `shop.example`. */
export function hostOf(text: string): string {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "");
  return bare.split(/[/?#]/)[0] ?? "";
}

export function patternProblem(pattern: PiiPattern): { name: string | null; pattern: string | null } {
  const named = /^[a-z_]{2,20}$/.test(pattern.name);
  return {
    name: named ? null : "2 to 20 letters a to z or _.",
    pattern: pattern.pattern.trim() ? null : "Enter an expression.",
  };
}

/** The first thing to mend. */
export function rulesProblem(assistant: AssistantSettings): string | null {
  if (!(assistant.reply_max_chars > 0)) return "The longest reply needs a number.";
  const wrong = assistant.pii_patterns.some((one) => {
    const { name, pattern } = patternProblem(one);
    return name !== null || pattern !== null;
  });
  return wrong ? "A shape of personal data needs a name and an expression." : null;
}
