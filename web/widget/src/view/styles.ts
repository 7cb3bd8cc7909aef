// The widget's look. It lives in a shadow root: nothing of the page comes in, nothing of this goes out.

export const STYLES = `
:host { all: initial; }
.root {
  --surface: #fff; --ink: #1b1f24; --dim: #59626d; --line: #d9dee4; --bubble: #eef1f4; --warn: #fff4d6; --warn-ink: #5c4300; --field: #7b8591;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--ink); text-align: start; position: fixed; z-index: 2147483000; inset-block-end: 20px; -webkit-text-size-adjust: 100%;
}
.root.right { right: 20px; }
.root.left { left: 20px; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; }
svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; display: block; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 2px var(--surface); }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher { position: relative; display: grid; place-items: center; width: 58px; height: 58px; border: 0; border-radius: 50%; background: var(--accent);
  color: var(--on-accent); box-shadow: 0 2px 6px #0003, 0 8px 24px #0003; transition: transform .15s; }
.launcher:hover { transform: scale(1.05); }
.launcher svg { width: 28px; height: 28px; }
.root.left .launcher { margin-right: auto; }
.root.right .launcher { margin-left: auto; }
.badge { position: absolute; top: -3px; inset-inline-end: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; background: #c22121; color: #fff;
  font-size: 12px; font-weight: 700; line-height: 22px; text-align: center; box-shadow: 0 0 0 2px #fff; }

.panel { display: flex; flex-direction: column; position: absolute; bottom: 74px; width: min(384px, calc(100vw - 40px)); height: min(640px, calc(100vh - 114px));
  background: var(--surface); border: 1px solid var(--line); border-radius: 16px; overflow: hidden; box-shadow: 0 4px 12px #0002, 0 16px 48px #0003; animation: rise .18s ease-out; }
.root.right .panel { right: 0; }
.root.left .panel { left: 0; }
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }

.head { display: flex; align-items: center; gap: 4px; padding: 14px 10px 14px 18px; background: var(--accent); color: var(--on-accent); }
[dir=rtl] .head { padding: 14px 18px 14px 10px; }
.heading { flex: 1; min-width: 0; }
h2 { margin: 0; font-size: 17px; font-weight: 650; line-height: 1.3; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.with { margin: 1px 0 0; font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.plain { display: grid; place-items: center; width: 36px; height: 36px; border: 0; border-radius: 9px; background: none; }
.head .plain:hover { background: color-mix(in srgb, currentColor 16%, transparent); }
.head :focus-visible { outline-color: currentColor; outline-offset: -3px; box-shadow: none; }

.banner { display: flex; flex-wrap: wrap; gap: 4px 10px; padding: 9px 18px; font-size: 13.5px; background: var(--warn); color: var(--warn-ink); }
.banner button { border: 0; padding: 0; background: none; text-decoration: underline; font-weight: 600; }
.queue { padding: 9px 18px; font-size: 13.5px; border-bottom: 1px solid var(--line); background: var(--bubble); }
.queue b { font-weight: 650; }

.scroll { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px 14px 10px; scrollbar-width: thin; }
.scroll:focus-visible { outline-offset: -3px; box-shadow: none; }
.log { display: flex; flex-direction: column; gap: 3px; }
.entry { display: flex; flex-direction: column; align-items: flex-start; max-width: 86%; margin-top: 8px; }
.entry.follows { margin-top: 0; }
.entry.follows .who { display: none; }
.entry.mine { align-self: flex-end; align-items: flex-end; }
.who { margin: 0 10px 2px; font-size: 12px; color: var(--dim); }
.bubble { padding: 8px 13px; border-radius: 16px; background: var(--bubble); white-space: pre-wrap; overflow-wrap: anywhere; border-end-start-radius: 5px; }
.mine .bubble { background: var(--accent); color: var(--on-accent); border-radius: 16px; border-end-end-radius: 5px; }
.mine.pending .bubble { border-end-end-radius: 16px; }
.bubble a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
.notice .bubble { background: none; border: 1px solid var(--line); border-radius: 12px; }
.sources { display: flex; gap: 0 5px; margin: 3px 10px 0; font-size: 12px; color: var(--dim); }
.sources ul { display: flex; flex-wrap: wrap; gap: 0 9px; margin: 0; padding: 0; list-style: none; min-width: 0; }
.sources li { overflow-wrap: anywhere; }
.sources a { color: inherit; text-underline-offset: 2px; }
.status { margin: 2px 10px 0; font-size: 12px; color: var(--dim); }
.status.bad { color: #b3201a; font-weight: 600; }
.marker { align-self: center; margin: 12px 20px 4px; font-size: 12.5px; color: var(--dim); text-align: center; }
.typing { display: flex; align-items: center; gap: 8px; margin: 10px 10px 2px; font-size: 12.5px; color: var(--dim); }
.dots { display: flex; gap: 4px; }
.dots i { width: 6px; height: 6px; border-radius: 50%; background: var(--dim); animation: blink 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .2s; }
.dots i:nth-child(3) { animation-delay: .4s; }
@keyframes blink { 50% { opacity: .25; } }

.rating { margin: 14px 4px 4px; padding: 14px; border: 1px solid var(--line); border-radius: 12px; text-align: center; }
.rating p { margin: 0; font-weight: 600; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; width: 100%; font-weight: 600; }
.stars { display: flex; justify-content: center; gap: 2px; margin: 8px 0; }
.stars label { position: relative; padding: 4px; cursor: pointer; border-radius: 8px; }
.stars input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
.stars svg { width: 30px; height: 30px; stroke: var(--field); stroke-width: 1.5; }
.stars .lit svg { fill: #e8a500; stroke: #9a6d00; }
.stars label:focus-within { outline: 3px solid var(--ink); }
.rating textarea { width: 100%; padding: 8px 10px; border: 1px solid var(--field); border-radius: 9px; background: var(--surface); resize: vertical; }
.solid { margin-top: 8px; padding: 8px 16px; border: 0; border-radius: 9px; background: var(--accent); color: var(--on-accent); font-weight: 600; }

.tools { display: flex; justify-content: center; padding: 2px 14px 8px; }
.human { display: inline-flex; align-items: center; gap: 6px; padding: 5px 13px; border: 1px solid var(--field); border-radius: 99px; background: var(--surface); font-size: 13.5px; }
.human:hover { background: var(--bubble); }
.human svg { width: 17px; height: 17px; }
.hint { margin: 0; padding: 0 18px 8px; font-size: 13px; color: var(--dim); }
.composer { display: flex; align-items: flex-end; gap: 8px; padding: 10px 12px 12px; border-top: 1px solid var(--line); }
.composer textarea { flex: 1; min-width: 0; max-height: 130px; padding: 9px 13px; border: 1px solid var(--field); border-radius: 12px; background: var(--surface); resize: none; }
.composer textarea:focus-visible { outline-offset: 0; outline-width: 2px; box-shadow: none; }
.clip { height: 42px; color: var(--dim); }
.files { display: flex; flex-direction: column; gap: 4px; max-width: 100%; margin: 3px 0 0; padding: 0; list-style: none; font-size: 13.5px; }
.file { display: flex; align-items: center; gap: 8px; max-width: 100%; padding: 7px 11px; border: 1px solid var(--field); border-radius: 12px; background: var(--surface); }
.file svg, .pending svg { flex: none; width: 18px; height: 18px; }
.file img { display: block; max-width: 100%; max-height: 220px; }
.name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.size { font-size: 12px; color: var(--dim); }
audio { max-width: 100%; }
.pending { padding: 0 18px; }
.pending li { display: flex; align-items: center; gap: 8px; }
.bad .size { color: #b3201a; }
.dark .bad .size { color: #ff9a93; }
textarea::placeholder { color: var(--dim); opacity: 1; }
.send { flex: none; display: grid; place-items: center; width: 42px; height: 42px; border: 0; border-radius: 12px; background: var(--accent); color: var(--on-accent); }
.send:disabled { background: var(--bubble); color: var(--dim); cursor: default; }
.dropping .panel { outline: 3px dashed var(--field); outline-offset: -8px; }

.dark { --surface: #1d2126; --ink: #eceff2; --dim: #a5afba; --line: #383f47; --bubble: #2c3239; --warn: #43370f; --warn-ink: #ffe7a8; --field: #808b97; color-scheme: dark; }
.dark .status.bad { color: #ff9a93; }
.dark .badge { box-shadow: 0 0 0 2px #1d2126; }

@media (max-width: 480px) {
  .root.open { inset: 0; }
  .root.open .panel { position: fixed; inset: 0; width: 100%; height: 100%; height: 100dvh; border: 0; border-radius: 0; }
  .root.open .launcher { display: none; }
  .composer textarea { font-size: 16px; }
  .head { padding-top: max(14px, env(safe-area-inset-top)); }
  .composer { padding-bottom: max(12px, env(safe-area-inset-bottom)); }
}
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { .bubble, .launcher, .send, .solid { border: 1px solid; } }
@media print { .root { display: none; } }
`;

/** Constructed sheets need no permission of the page's content security policy; a style element is for browsers without them. */
export function dress(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style");
    style.textContent = STYLES;
    root.append(style);
  }
}
