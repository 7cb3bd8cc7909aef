// The look: one accent, quiet greys, small radii, dense controls. Pages use theme tokens and Mantine's CSS variables,
// never colours of their own.
import {
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  Notification,
  NumberInput,
  Paper,
  PasswordInput,
  Select,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";

const accent: MantineColorsTuple = [
  "#e6f5f7",
  "#cfe8ec",
  "#a3d2da",
  "#72bac6",
  "#47a4b3",
  "#2592a3",
  "#0f8294",
  "#0b7080",
  "#07616f",
  "#034e5a",
];

const dark: MantineColorsTuple = [
  "#d5dae1",
  "#b4bcc8",
  "#98a2b1",
  "#6f7a8a",
  "#465060",
  "#353e4b",
  "#282f3a",
  "#1c222b",
  "#151a21",
  "#0f1318",
];

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 7 },
  colors: { accent, dark },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 6,
  fontFamily:
    'Inter, "Segoe UI Variable Text", "Segoe UI", system-ui, -apple-system, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  fontSizes: { xs: "0.75rem", sm: "0.8438rem", md: "0.9063rem", lg: "1.0313rem", xl: "1.1875rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.35" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.4" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.45" },
    },
  },
  focusRing: "auto",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "sm" } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: "sm" } }),
    Select: Select.extend({ defaultProps: { size: "sm" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "sm" } }),
    Input: Input.extend({ defaultProps: { size: "sm" } }),
    Badge: Badge.extend({
      defaultProps: { size: "sm", variant: "light", radius: "sm", tt: "none", fw: 500 },
    }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { "aria-label": "Close" },
      },
      styles: {
        title: { fontWeight: 600 },
        content: { background: "var(--surface)" },
        header: { background: "var(--surface)" },
      },
    }),
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Paper: Paper.extend({ defaultProps: { withBorder: true, radius: "md" } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, events: { hover: true, focus: true, touch: false } },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } }),
  },
});

/** Text on tinted surfaces (badges, alerts): Mantine's own pairs fall short of a contrast of 4.5 in some colours. */
function tints(pairs: Record<string, [surface: string, text: string]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([color, [surface, text]]) => [
      [`--mantine-color-${color}-light`, surface],
      [`--mantine-color-${color}-light-color`, text],
      [`--mantine-color-${color}-outline`, text],
    ]),
  );
}

/** Surfaces and text greys beyond Mantine's own; each text colour has a contrast of at least 4.5 on each surface. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#56606d",
    "--mantine-color-placeholder": "#6b7480",
    ...tints({
      accent: ["#dceff2", "#07616f"],
      gray: ["#eceff3", "#3f4854"],
      red: ["#fde5e5", "#a51d23"],
      orange: ["#ffecd2", "#854700"],
      yellow: ["#fff3c4", "#6b4e00"],
      green: ["#ddf5e5", "#166637"],
    }),
    "--surface": "#ffffff",
    "--surface-sunken": "#f6f7f9",
    "--surface-hover": "#eef1f4",
    "--surface-selected": "#e2f1f3",
    "--line": "#dfe3e8",
    "--line-strong": "#87919f",
    "--note-surface": "#fff6d8",
    "--note-line": "#e5c454",
    "--note-text": "#6b4e00",
    "--mark-surface": "#ffe48f",
    "--mark-text": "#2b2200",
    "--own-surface": "#dff0f3",
    "--assistant-surface": "#efebfb",
    "--good": "#1a7a45",
    "--warn": "#8f5600",
    "--bad": "#c1272d",
    "--mantine-color-error": "#c1272d",
  },
  dark: {
    "--mantine-color-dimmed": "#a3adba",
    "--mantine-color-placeholder": "#8f9aa8",
    ...tints({
      accent: ["#14383f", "#8fd3dd"],
      gray: ["#2a323d", "#d5dae1"],
      red: ["#46191d", "#ffaaa6"],
      orange: ["#402a10", "#f7bd74"],
      yellow: ["#38320f", "#f2d977"],
      green: ["#143624", "#83dfaa"],
    }),
    "--mantine-color-body": "#12161c",
    "--surface": "#171c23",
    "--surface-sunken": "#12161c",
    "--surface-hover": "#222934",
    "--surface-selected": "#173a42",
    "--line": "#2b333f",
    "--line-strong": "#778394",
    "--note-surface": "#35300f",
    "--note-line": "#83701d",
    "--note-text": "#f2d977",
    "--mark-surface": "#6b5500",
    "--mark-text": "#fff3cc",
    "--own-surface": "#153c45",
    "--assistant-surface": "#2b2645",
    "--good": "#5fcf8f",
    "--warn": "#f0b24a",
    "--bad": "#ff8a85",
    "--mantine-color-error": "#ff8a85",
  },
});
