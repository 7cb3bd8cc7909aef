//! Messages of one connection that are posted beside it: each after the one before, so that what was sent later never overtakes what was
//! sent first.

use std::convert::Infallible;

use tokio::sync::oneshot::{self, error::TryRecvError};

/// Who goes last. See the module.
#[derive(Debug, Default)]
pub struct InTurn {
    /// Ends when whoever has the last turn lets go of it.
    last: Option<oneshot::Receiver<Infallible>>,
}

/// A turn. Whoever has it lets go of it, however that comes.
#[derive(Debug)]
pub struct Turn {
    before: Option<oneshot::Receiver<Infallible>>,
    _done: oneshot::Sender<Infallible>,
}

impl InTurn {
    /// Whether somebody still has a turn or waits for one: whoever goes ahead without one would overtake them.
    pub fn is_busy(&mut self) -> bool {
        let is_held = |last: &mut oneshot::Receiver<Infallible>| last.try_recv() == Err(TryRecvError::Empty);
        let busy = self.last.as_mut().is_some_and(is_held);
        if !busy {
            self.last = None;
        }
        busy
    }

    /// The turn behind all others.
    pub fn line_up(&mut self) -> Turn {
        let (done, last) = oneshot::channel();
        Turn { before: self.last.replace(last), _done: done }
    }
}

impl Turn {
    /// Waits until it comes.
    pub async fn comes(&mut self) {
        if let Some(before) = self.before.take() {
            // The error says that it was let go of.
            drop(before.await);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn each_turn_comes_when_the_one_before_is_over_however_that_comes() {
        let mut line = InTurn::default();
        assert!(!line.is_busy());
        let (first, mut second) = (line.line_up(), line.line_up());
        assert!(line.is_busy() && second.comes().now_or_never().is_none());
        let mut third = line.line_up();
        drop(first);
        second.before = None;
        assert!(third.comes().now_or_never().is_none());
        drop(second);
        third.before = None;
        assert!(line.is_busy());
        drop(third);
        assert!(!line.is_busy());
        assert!(line.line_up().comes().now_or_never().is_some());
    }
}
