//! A TCP connection that ends when its line is hung up. Its own end hangs up too, so that an upgrade that breaks off
//! leaves nothing behind.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::http::live::upgrade::Plain;

/// See the module.
#[derive(Debug)]
pub(super) struct Stream {
    plain: Plain,
    /// How much was handed out of what came with the handshake.
    taken: usize,
    end: CancellationToken,
    /// One for each side, because each is waited for by a task of its own.
    reads_end: Pin<Box<WaitForCancellationFutureOwned>>,
    writes_end: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Stream {
    /// Ends with `end`.
    pub(super) fn new(plain: Plain, end: CancellationToken) -> Self {
        let waits = || Box::pin(end.clone().cancelled_owned());
        Self { plain, taken: 0, reads_end: waits(), writes_end: waits(), end }
    }

    fn poll_writing(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        ready!(self.writes_end.as_mut().poll(context));
        Poll::Ready(io::ErrorKind::ConnectionAborted.into())
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.reads_end.as_mut().poll(context).is_ready() {
            // As if the peer had gone.
            return Poll::Ready(Ok(()));
        }
        let early = this.plain.read.get(this.taken..).unwrap_or_default();
        if early.is_empty() {
            return Pin::new(&mut this.plain.stream).poll_read(context, into);
        }
        let fits = early.len().min(into.remaining());
        into.put_slice(early.get(..fits).unwrap_or_default());
        this.taken += fits;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.poll_writing(context) {
            Poll::Ready(ended) => Poll::Ready(Err(ended)),
            Poll::Pending => Pin::new(&mut self.plain.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.poll_writing(context) {
            Poll::Ready(ended) => Poll::Ready(Err(ended)),
            Poll::Pending => Pin::new(&mut self.plain.stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.plain.stream).poll_shutdown(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end.cancel();
    }
}
