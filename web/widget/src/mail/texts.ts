// What is said about replies by e-mail, in the languages of the widget.

export type MailTexts = {
  open: string;
  close: string;
  about: string;
  address: string;
  send: string;
  sent: (address: string) => string;
  code: string;
  confirm: string;
  other: string;
  on: (address: string) => string;
  stop: string;
  wrongCode: string;
  wrongAddress: string;
  tooOften: string;
  failed: string;
};

const en: MailTexts = {
  open: "Get replies by e-mail",
  close: "Cancel",
  about: "When you leave, replies go to your e-mail address.",
  address: "Your e-mail address",
  send: "Send code",
  sent: (address) => `A code is on its way to ${address}. Please look into your spam folder, too.`,
  code: "Code of six digits",
  confirm: "Confirm",
  other: "Use another address",
  on: (address) => `While you are away, replies also go to ${address}.`,
  stop: "Stop e-mails",
  wrongCode: "This code is wrong or no longer valid.",
  wrongAddress: "This is not an address that we can write to.",
  tooOften: "Too many attempts. Please try again later.",
  failed: "That did not work. Please try again later.",
};

const de: MailTexts = {
  open: "Antworten per E-Mail erhalten",
  close: "Abbrechen",
  about: "Wenn Sie die Seite verlassen, gehen Antworten an Ihre E-Mail-Adresse.",
  address: "Ihre E-Mail-Adresse",
  send: "Code senden",
  sent: (address) => `Ein Code ist unterwegs an ${address}. Bitte sehen Sie auch im Spam-Ordner nach.`,
  code: "Code aus sechs Ziffern",
  confirm: "Bestätigen",
  other: "Andere Adresse verwenden",
  on: (address) => `Wenn Sie nicht da sind, gehen Antworten auch an ${address}.`,
  stop: "Keine E-Mails mehr",
  wrongCode: "Dieser Code ist falsch oder nicht mehr gültig.",
  wrongAddress: "An diese Adresse können wir nicht schreiben.",
  tooOften: "Zu viele Versuche. Bitte versuchen Sie es später noch einmal.",
  failed: "Das hat nicht geklappt. Bitte versuchen Sie es später noch einmal.",
};

const es: MailTexts = {
  open: "Recibir respuestas por correo",
  close: "Cancelar",
  about: "Cuando te vayas, las respuestas irán a tu correo electrónico.",
  address: "Tu correo electrónico",
  send: "Enviar código",
  sent: (address) => `Hemos enviado un código a ${address}. Mira también en la carpeta de spam.`,
  code: "Código de seis cifras",
  confirm: "Confirmar",
  other: "Usar otra dirección",
  on: (address) => `Cuando no estés, las respuestas irán también a ${address}.`,
  stop: "No recibir más correos",
  wrongCode: "Este código es incorrecto o ya no es válido.",
  wrongAddress: "No podemos escribir a esta dirección.",
  tooOften: "Demasiados intentos. Inténtalo más tarde.",
  failed: "No ha funcionado. Inténtalo más tarde.",
};

const fr: MailTexts = {
  open: "Recevoir les réponses par e-mail",
  close: "Annuler",
  about: "Quand vous partez, les réponses vont à votre adresse e-mail.",
  address: "Votre adresse e-mail",
  send: "Envoyer le code",
  sent: (address) => `Un code est en route vers ${address}. Regardez aussi dans vos indésirables.`,
  code: "Code à six chiffres",
  confirm: "Confirmer",
  other: "Utiliser une autre adresse",
  on: (address) => `En votre absence, les réponses vont aussi à ${address}.`,
  stop: "Ne plus recevoir d’e-mails",
  wrongCode: "Ce code est faux ou n’est plus valable.",
  wrongAddress: "Nous ne pouvons pas écrire à cette adresse.",
  tooOften: "Trop d’essais. Réessayez plus tard, s’il vous plaît.",
  failed: "Cela n’a pas marché. Réessayez plus tard, s’il vous plaît.",
};

const LANGUAGES: Record<string, MailTexts> = { en, de, es, fr };

/** The texts of a language tag; English where there are none. */
export function mailTexts(language: string): { texts: MailTexts } {
  return { texts: LANGUAGES[language.toLowerCase().split(/[-_]/)[0] ?? ""] ?? en };
}
