import { Button, Group, Text } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useNow } from "../components/useNow";
import { useLive, useLiveStore } from "../live/hooks";
import type { LiveState } from "../live/state";
import classes from "./Shell.module.css";

/** A hiccup shorter than this is not worth a banner. */
const PATIENCE_MS = 700;

const phaseOf = (state: LiveState) => state.phase;
const whyOf = (state: LiveState) => state.why;
const retryOf = (state: LiveState) => state.retryAt;
const unsentOf = (state: LiveState) => state.outbox.filter((item) => item.seq === null).length;

export function ConnectionBanner() {
  const phase = useLive(phaseOf);
  const [shown, setShown] = useState(false);
  const away = phase !== "open" && phase !== "stopped";
  useEffect(() => {
    const timer = setTimeout(() => setShown(away), away ? PATIENCE_MS : 0);
    return () => clearTimeout(timer);
  }, [away]);
  return <div role="status">{shown && away && <Banner />}</div>;
}

function Banner() {
  const store = useLiveStore();
  const phase = useLive(phaseOf);
  const why = useLive(whyOf);
  const retryAt = useLive(retryOf);
  const unsent = useLive(unsentOf);
  const now = useNow(500);
  const seconds = retryAt === null ? null : Math.max(0, Math.ceil((retryAt - now) / 1000));
  const text = {
    refused: why ?? "You may not use the console.",
    expired: "Your login has ended. Log in again to go on.",
    waiting: `${why ? `${why} ` : "The connection was lost. "}Trying again${seconds ? ` in ${seconds} s` : ""}.`,
    connecting: "Connecting…",
    open: "",
    stopped: "",
  }[phase];
  return (
    <Group className={classes.banner} gap="sm" wrap="nowrap">
      <IconPlugConnectedX size={18} stroke={1.7} aria-hidden />
      <Text size="sm" flex={1}>
        {text}
        {unsent > 0 &&
          ` ${unsent === 1 ? "One message is" : `${unsent} messages are`} kept and will be sent.`}
      </Text>
      {phase === "waiting" && (
        <Button size="compact-sm" variant="default" onClick={() => store.reconnectNow()}>
          Try now
        </Button>
      )}
    </Group>
  );
}
