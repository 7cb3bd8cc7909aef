// Calls for attention: the number in the title, a desktop notification, and a short sound. Notifications are asked for
// by a button only, never when the page is loaded.
import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { useLive, useLiveStore } from "../live/hooks";
import { attentionOf } from "../live/state";
import type { Signal } from "../live/store";
import { getPrefs } from "./prefs";

const SOUND_MIN_GAP_MS = 1_500;
const EXCERPT = 120;

let audio: AudioContext | null = null;
let sounded = 0;

/** Two soft tones, made here: no file to fetch. Higher for an offer. */
function chime(kind: Signal["kind"]) {
  if (!getPrefs().sound || Date.now() - sounded < SOUND_MIN_GAP_MS) return;
  sounded = Date.now();
  try {
    audio ??= new AudioContext();
    const tones = kind === "offer" ? [659, 880] : [523, 659];
    for (const [at, frequency] of tones.entries()) tone(audio, frequency, audio.currentTime + at * 0.13);
  } catch {
    // No sound device, or the browser wants a click first.
  }
}

function tone(context: AudioContext, frequency: number, start: number) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0.0001, start);
  gain.gain.exponentialRampToValueAtTime(0.08, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + 0.22);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + 0.24);
}

export const canNotify = () => typeof Notification !== "undefined";

function notify(signal: Signal, open: (session: string) => void) {
  if (!canNotify() || Notification.permission !== "granted" || !document.hidden) return;
  const session = signal.kind === "offer" ? signal.summary.id : signal.session;
  const title =
    signal.kind === "offer"
      ? `${signal.summary.customer.name ?? "A customer"} is waiting for you`
      : signal.from;
  const body = signal.kind === "offer" ? (signal.summary.last?.text ?? "") : signal.text;
  const shown = new Notification(title, { body: body.slice(0, EXCERPT), tag: session });
  shown.onclick = () => {
    window.focus();
    open(session);
    shown.close();
  };
}

export function useAttention() {
  const store = useLiveStore();
  const waiting = useLive(attentionOf);
  const [location, navigate] = useLocation();
  const here = useRef(location);
  here.current = location;

  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) Switchboard` : "Switchboard";
  }, [waiting]);

  useEffect(
    () =>
      store.onSignal((signal) => {
        const inView =
          signal.kind === "message" && here.current === `/inbox/${encodeURIComponent(signal.session)}`;
        if (!inView || document.hidden) chime(signal.kind);
        notify(signal, (session) => navigate(`/inbox/${encodeURIComponent(session)}`));
      }),
    [store, navigate],
  );
}
