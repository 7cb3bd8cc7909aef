// Around a page: one that fails, or whose code can not be loaded, must not take the rest of the console with it.
import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Component, type ReactNode } from "react";
import { EmptyState } from "./states";

interface Props {
  /** At another place the page is tried again. */
  place: string;
  children: ReactNode;
}

interface Failure {
  failed: boolean;
  place: string;
}

export class PageBoundary extends Component<Props, Failure> {
  override state: Failure = { failed: false, place: this.props.place };

  static getDerivedStateFromError(): Partial<Failure> {
    return { failed: true };
  }

  static getDerivedStateFromProps(props: Props, state: Failure): Failure | null {
    return props.place === state.place ? null : { failed: false, place: props.place };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert">
        <EmptyState
          title="This page could not be shown"
          icon={<IconAlertTriangle size={22} stroke={1.6} />}
          action={
            <Button size="xs" variant="default" onClick={() => window.location.reload()}>
              Reload
            </Button>
          }
        >
          The server may have a newer version. What you have written is kept.
        </EmptyState>
      </div>
    );
  }
}
