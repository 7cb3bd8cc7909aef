//! Who of the staff has which session open, told to those who have it open too. Nothing of it is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;

use super::socket::frame;
use super::wire::Viewer;
use crate::bus::{Item, Outbox};
use crate::domain::{PersonName, SessionKey, UserId};

/// The most connections that are told of each other in one session; further ones see it without being seen.
const VIEWERS_MAX: usize = 100;

/// See the module.
#[derive(Debug, Default)]
pub struct Viewers {
    sessions: DashMap<SessionKey, Vec<View>>,
    connected: AtomicUsize,
}

#[derive(Debug)]
struct View {
    user: UserId,
    name: PersonName,
    typing: bool,
    outbox: Arc<Outbox>,
}

/// One connection that has a session open, until it is dropped.
#[derive(Debug)]
pub(super) struct Viewing {
    viewers: Arc<Viewers>,
    key: SessionKey,
    outbox: Arc<Outbox>,
}

/// One connection of the staff, until it is dropped.
#[derive(Debug)]
pub(super) struct Connected(Arc<Viewers>);

impl Viewers {
    /// How many connections of the staff there are.
    pub fn connected(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }

    pub(super) fn connect(self: &Arc<Self>) -> Connected {
        self.connected.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }

    /// A person has a session open; `None` when too many have.
    pub(super) fn open(
        self: &Arc<Self>,
        key: &SessionKey,
        user: UserId,
        name: &PersonName,
        outbox: &Arc<Outbox>,
    ) -> Option<Viewing> {
        let mut views = self.sessions.entry(key.clone()).or_default();
        if views.len() >= VIEWERS_MAX {
            return None;
        }
        views.push(View { user, name: name.clone(), typing: false, outbox: Arc::clone(outbox) });
        tell(key, &views);
        drop(views);
        Some(Viewing { viewers: Arc::clone(self), key: key.clone(), outbox: Arc::clone(outbox) })
    }

    /// A person types, or stopped. Those who know already are not told again.
    pub(super) fn types(&self, key: &SessionKey, user: UserId, active: bool) {
        let Some(mut views) = self.sessions.get_mut(key) else { return };
        let mut changed = false;
        for view in views.iter_mut().filter(|view| view.user == user) {
            changed |= std::mem::replace(&mut view.typing, active) != active;
        }
        if changed {
            tell(key, &views);
        }
    }

    /// Everybody who has a session open, each once.
    pub(super) fn of(&self, key: &SessionKey) -> Vec<Viewer> {
        self.sessions.get(key).map(|views| others(&views, None)).unwrap_or_default()
    }

    fn close(&self, key: &SessionKey, outbox: &Arc<Outbox>) {
        if let Some(mut views) = self.sessions.get_mut(key) {
            views.retain(|view| !Arc::ptr_eq(&view.outbox, outbox));
            tell(key, &views);
        }
        self.sessions.remove_if(key, |_, views| views.is_empty());
    }
}

impl Drop for Viewing {
    fn drop(&mut self) {
        self.viewers.close(&self.key, &self.outbox);
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connected.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells each who else is there.
fn tell(key: &SessionKey, views: &[View]) {
    for view in views {
        let viewers = others(views, Some(view.user));
        if let Some(bytes) = frame::viewers(&key.session, &viewers) {
            view.outbox.push(Item::Frame { answers: None, bytes });
        }
    }
}

fn others(views: &[View], than: Option<UserId>) -> Vec<Viewer> {
    let mut people: Vec<&View> = views.iter().filter(|view| Some(view.user) != than).collect();
    people.sort_by_key(|view| (view.user, !view.typing));
    people.dedup_by_key(|view| view.user);
    let viewer =
        |view: &View| Viewer { id: view.user.to_string(), name: view.name.as_str().to_owned(), typing: view.typing };
    people.into_iter().map(viewer).collect()
}
