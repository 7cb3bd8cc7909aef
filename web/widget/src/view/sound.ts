// A short, quiet tone, made and not loaded. Off until the customer turns it on.

const LASTS_S = 0.18;

let context: AudioContext | undefined;

export function chime(): void {
  try {
    context ??= new AudioContext();
    const { currentTime: now } = context;
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.setValueAtTime(660, now);
    tone.frequency.setValueAtTime(880, now + LASTS_S / 2);
    loudness.gain.setValueAtTime(0.06, now);
    loudness.gain.exponentialRampToValueAtTime(0.001, now + LASTS_S);
    tone.connect(loudness).connect(context.destination);
    tone.start(now);
    tone.stop(now + LASTS_S);
  } catch {
    // A browser that lets no page sound before it was touched.
  }
}
