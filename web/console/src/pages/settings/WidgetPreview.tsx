import { Box, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { WidgetSettings } from "../../api/types";
import { Section } from "../../components/Section";
import { contrast, textOn } from "./contrast";
import { colorProblem } from "./problems";
import classes from "./Settings.module.css";

const FALLBACK_COLOR = "#0b7080";

/** A likeness of the open widget that follows what is typed. It is a picture: nothing in it can be used. */
export function WidgetPreview(props: { widget: WidgetSettings }) {
  const { widget } = props;
  const color = colorProblem(widget.color) ? FALLBACK_COLOR : widget.color;
  const paint = { background: color, color: textOn(color) };
  const side = widget.position === "left" ? "flex-start" : "flex-end";
  return (
    <Section title="Preview">
      <div className={classes.preview} role="img" aria-label={described(widget)} style={{ alignItems: side }}>
        <div className={classes.panel}>
          <div className={classes.panelhead} style={paint}>
            {widget.title || "Support"}
          </div>
          <div className={classes.bubbles}>
            {widget.greeting && (
              <div className={classes.bubble} data-from="us">
                {widget.greeting}
              </div>
            )}
            <div className={classes.bubble} data-from="customer" style={paint}>
              Where is my order?
            </div>
            <div className={classes.bubble} data-from="us">
              Happy to look it up. What is the order number?
            </div>
          </div>
          <Box p="sm" style={{ borderTop: "1px solid var(--line)" }}>
            <Text size="sm" c="dimmed">
              Write a message…
            </Text>
          </Box>
        </div>
        <div className={classes.launcher} style={paint}>
          <IconX size={24} />
        </div>
      </div>
      <Legibility color={color} />
    </Section>
  );
}

function Legibility(props: { color: string }) {
  const text = textOn(props.color);
  return (
    <Text size="xs" c="dimmed" mt="xs" role="status">
      Text on this colour is {text === "#ffffff" ? "white" : "black"}, which is read most easily (contrast{" "}
      {contrast(props.color, text)?.toFixed(1)} to 1).
    </Text>
  );
}

function described(widget: WidgetSettings): string {
  return `The widget “${widget.title}” in the lower ${widget.position} corner, greeting with “${widget.greeting}”`;
}
