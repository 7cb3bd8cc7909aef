//! Brings the board's news to the connections that they are for.

use std::sync::Arc;

use super::room::Room;
use crate::actors::load::newest_message;
use crate::bus::{Item, Outbox};
use crate::domain::desk::board::{Audience, News, concerns_people};
use crate::domain::desk::news::Lists;
use crate::domain::desk::{DeskNews, Listed, Scope};
use crate::domain::{SessionId, SessionKey, UserId};
use crate::store::Store;

/// Tells a round's news, in order.
pub(super) fn tell(room: &Room, store: &Store, news: Vec<News>) {
    for News { audience, what } in news {
        let listeners = listeners(room, &audience);
        if listeners.is_empty() {
            continue;
        }
        let what = Arc::new(crate::bus::News::new(with_last(room, store, what)));
        for outbox in listeners {
            outbox.push(Item::Desk(Arc::clone(&what)));
        }
    }
}

fn listeners(room: &Room, audience: &Audience) -> Vec<Arc<Outbox>> {
    let people = room.people();
    let all = people.iter().flat_map(|(user, here)| here.connections.iter().map(move |one| (*user, one)));
    let concerned = |user: UserId, scope: Scope, watches: &dyn Fn(&SessionId) -> bool| match audience {
        Audience::Everybody => true,
        Audience::Person(person) => *person == user,
        Audience::Concerned { session, users } => scope == Scope::All || users.contains(&user) || watches(session),
    };
    let told = all.filter(|(user, one)| concerned(*user, one.scope, &|session| one.watched.contains(session)));
    told.map(|(_, one)| Arc::clone(&one.outbox)).collect()
}

/// A session that nobody at the desk has to do with is shown with its newest message too, which is looked up where the change
/// brought none. Of the others the board has it, if there is one.
fn with_last(room: &Room, store: &Store, what: DeskNews) -> DeskNews {
    let DeskNews::Lists(Lists { mut sessions, agents }) = what else { return what };
    for listed in sessions.iter_mut().filter(|listed| listed.last.is_none() && !concerns_people(&listed.case)) {
        let key = SessionKey { organization: room.organization.clone(), session: listed.case.key.session.clone() };
        match newest_message(store, &key) {
            Ok(last) => *listed = Arc::new(Listed { last, ..Listed::clone(listed) }),
            Err(error) => tracing::error!(session = ?key, %error, "the newest message does not read"),
        }
    }
    DeskNews::Lists(Lists { sessions, agents })
}
