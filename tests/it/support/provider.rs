//! A provider's server on a port that does what a test wants: answers, stalls, breaks off, resets.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::app::PATIENCE;
use super::double::listen;
pub(crate) use super::double::{Does, Request};

/// What decides: told the so many-th request and what came.
type Decides = Arc<dyn Fn(usize, &Request) -> Does + Send + Sync>;

/// The server. It ends with the test's runtime.
pub(crate) struct Provider {
    /// Its address, without a path.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    decides: Mutex<Decides>,
    asked: watch::Sender<Vec<Request>>,
}

impl Provider {
    /// One that does this.
    pub(crate) async fn doing(decides: impl Fn(usize, &Request) -> Does + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared { decides: Mutex::new(Arc::new(decides)), asked: watch::Sender::new(Vec::new()) });
        let serving = Arc::clone(&shared);
        let address = listen(move |request| {
            let decides = Arc::clone(&serving.decides.lock().unwrap());
            // What it does is decided before anybody sees the request.
            let does = decides(serving.asked.borrow().len(), &request);
            serving.asked.send_modify(|asked| asked.push(request));
            does
        });
        let url = format!("http://{}", address.await);
        Self { url, shared }
    }

    /// From now on it does this.
    pub(crate) fn does(&self, decides: impl Fn(usize, &Request) -> Does + Send + Sync + 'static) {
        *self.shared.decides.lock().unwrap() = Arc::new(decides);
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until what it was asked is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&[Request]) -> bool) -> Vec<Request> {
        let mut asked = self.shared.asked.subscribe();
        let reached = tokio::time::timeout(PATIENCE, asked.wait_for(|asked| is_so(asked))).await;
        match reached {
            Ok(asked) => asked.unwrap().clone(),
            Err(_elapsed) => panic!("only this came: {:?}", self.asked()),
        }
    }
}
