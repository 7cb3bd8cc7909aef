//! Reads a mailbox: what is behind the cursor in batches, each durable before the cursor moves, then waits for more.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::{Instant, sleep};

use super::aside::Place;
use super::book::{self, MailCursor};
use super::fortune::{Fortune, Missed};
use super::imap::{Extent, Imap, ImapError, Listed, Told};
use super::intake::{Came, Cannot, Read};
use super::listener::Trouble;
use super::{Inner, MailSetup};
use crate::domain::{Refusal, Timestamp};
use crate::engine::channels::outward::{Way, Wrong};
use crate::store::record::{self, FIRST_VERSION, Versioned};
use crate::store::{Batch, StoreError};

/// Mails that are fetched at once.
const FETCHED_MAX: usize = 64;

/// The same, in bytes; one mail may be larger by itself.
const FETCHED_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Mails that are taken in at the same time.
const TAKEN_AT_ONCE: usize = 32;

/// How often a mail is tried to be taken while everything is busy, before the mailbox is left alone for a while.
const BUSY_TRIES: u32 = 10;

/// The pause between two such tries.
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// How long is waited for the server to tell of something. It is asked then: connections die in silence. RFC 2177 allows 29 minutes, networks
/// less.
const IDLE_MAX: Duration = Duration::from_secs(5 * 60);

/// How much of the header of a mail that is too large is read, in bytes.
const HEADER_MAX_BYTES: u64 = 1024 * 1024;

/// What is said of a mail of which the server tells what does not read.
const UNREAD: &str = "the mail server does not give it in a form that reads; it is in the mailbox";

/// How long nothing may go wrong before earlier failures are forgotten: a mailbox that lets us in and breaks off is not asked ever faster.
const STEADY_AFTER: Duration = Duration::from_secs(30);

/// A mailbox that is being read.
struct Reading<'a> {
    setup: &'a Arc<MailSetup>,
    fortune: &'a Fortune,
    validity: u32,
}

impl Inner {
    /// Reads the mailbox until something is wrong.
    pub(super) async fn listen(&self, setup: &Arc<MailSetup>, fortune: &Fortune) -> Result<Infallible, Trouble> {
        let Some(server) = &setup.settings.imap else {
            return Err(Trouble::Store(Refusal::Unavailable { part: "email" }));
        };
        let mut imap = Imap::connect(server).await?;
        let selected = imap.examine(&setup.settings.folder).await?;
        let mut cursor = self.cursor(setup, selected.validity).await?;
        let reading = Reading { setup, fortune, validity: selected.validity };
        loop {
            self.catch_up(&reading, &mut imap, &mut cursor).await?;
            match fortune.left(reading.validity).len() {
                0 => self.parts.states.works(setup.account(), Way::In),
                left => {
                    let why = format!("the server does not give {left} of the mails; the others are read");
                    let wrong = Wrong { plain: "some mails do not come", words: &why };
                    self.parts.states.fails(setup.account(), Way::In, wrong);
                }
            }
            let began = Instant::now();
            let waited = imap.wait(setup.settings.poll, IDLE_MAX).await;
            if began.elapsed() >= STEADY_AFTER {
                fortune.works();
            }
            waited?;
            if !imap.has_news() {
                fortune.tries_again(reading.validity);
            }
        }
    }

    /// Where the mailbox was left; from its beginning where it is another one under the same name. What came long before it was first read is
    /// never taken.
    async fn cursor(&self, setup: &MailSetup, validity: u32) -> Result<Versioned<MailCursor>, Trouble> {
        let organization = &setup.settings.organization;
        let place = book::place(&setup.account, &setup.settings.folder);
        let old = record::get::<MailCursor>(&self.parts.store, organization, &place).map_err(unreadable)?;
        if let Some(old) = &old
            && old.record.validity == validity
        {
            return Ok(old.clone());
        }
        let first_read_ms = i64::try_from(setup.settings.first_read.as_millis()).unwrap_or(i64::MAX);
        let begins = self.parts.clock.now().plus_ms(-first_read_ms);
        let since = old.as_ref().map_or(begins, |old| old.record.since);
        let new = MailCursor { organization: organization.clone(), place, validity, uid: 0, since };
        let mut batch = Batch::default();
        let kept = match old {
            Some(old) => {
                tracing::warn!(account = %setup.account.name, "the mailbox was made anew; it is read again");
                record::update(&mut batch, &old, &new).map_err(unreadable)?
            }
            None => {
                record::insert(&mut batch, &new).map_err(unreadable)?;
                Versioned { record: new, version: FIRST_VERSION }
            }
        };
        self.parts.store.commit(batch).await.map_err(|why| Trouble::Store(why.refused("it is read elsewhere too")))?;
        Ok(kept)
    }

    /// Takes what is behind the cursor, but for mails that the server does not give.
    async fn catch_up(
        &self,
        reading: &Reading<'_>,
        imap: &mut Imap,
        cursor: &mut Versioned<MailCursor>,
    ) -> Result<(), Trouble> {
        let Reading { fortune, validity, .. } = *reading;
        let uids = imap.behind(cursor.record.uid, cursor.record.since).await?;
        let wanted = uids.iter().copied().filter(|uid| !fortune.is_passed_over(validity, *uid));
        let wanted: Vec<u32> = wanted.collect();
        let mut rest = wanted.as_slice();
        while !rest.is_empty() && !fortune.has_left_enough(validity) {
            let (some, more) = rest.split_at(fortune.listed_at_once().min(rest.len()));
            self.take_some(reading, imap, cursor, some).await?;
            rest = more;
        }
        if !fortune.to_judge(validity).is_empty() && self.gives_any(reading, imap).await? {
            self.judge(reading, imap, cursor.record.since).await?;
        }
        if rest.is_empty() {
            if let Some(last) = uids.last() {
                self.advance(reading, cursor, *last).await?;
            }
            fortune.is_through();
        }
        Ok(())
    }

    async fn take_some(
        &self,
        reading: &Reading<'_>,
        imap: &mut Imap,
        cursor: &mut Versioned<MailCursor>,
        some: &[u32],
    ) -> Result<(), Trouble> {
        let Reading { setup, fortune, validity } = *reading;
        let since = cursor.record.since;
        let listed = listed(reading, imap, some).await?;
        self.pass_over(reading, since, &listed.unread, UNREAD).await?;
        let young: Vec<Listed> = listed.mails.into_iter().filter(|mail| mail.arrived >= since).collect();
        let is_alone = |uid| fortune.is_suspect(validity, uid);
        for batch in batches(&young, setup.settings.mail_max_bytes as u64, is_alone) {
            let came = self.take_batch(reading, imap, batch).await?;
            if let Some(last) = batch.last() {
                self.advance(reading, cursor, last.uid).await?;
            }
            if came {
                self.judge(reading, imap, since).await?;
            }
        }
        if let Some(last) = some.last() {
            self.advance(reading, cursor, *last).await?;
        }
        Ok(())
    }

    /// Takes a batch; says whether anything came of it. Which of them are why it did not is noted.
    async fn take_batch(&self, reading: &Reading<'_>, imap: &mut Imap, batch: &[Listed]) -> Result<bool, Trouble> {
        let Reading { setup, fortune, validity } = *reading;
        let before = imap.received();
        let told = fetched(setup, imap, batch).await.and_then(Told::if_any);
        if told.as_ref().is_err_and(ImapError::is_of_a_mail) {
            match batch {
                [alone] => {
                    let missed =
                        told.as_ref().err().map_or(Missed::Said, |why| missed(why, Missed::Fetching, imap, before));
                    fortune.misses(validity, alone.uid, missed);
                }
                several => fortune.suspect(validity, several.iter().map(|mail| mail.uid)),
            }
        }
        let told = told?;
        for (uid, _) in &told.mails {
            fortune.came(validity, *uid);
        }
        let came = !told.mails.is_empty();
        if came {
            fortune.works();
        }
        let arrived = batch.first().map_or(Timestamp::from_ms(0), |mail| mail.arrived);
        self.keep(reading, told, arrived).await?;
        Ok(came)
    }

    /// Whether the server gives a mail that it gave before.
    async fn gives_any(&self, reading: &Reading<'_>, imap: &mut Imap) -> Result<bool, Trouble> {
        let Some(probe) = reading.fortune.probe(reading.validity) else { return Ok(false) };
        let told = imap.fetch(&[probe], Extent::Header, HEADER_MAX_BYTES).await?;
        if told.mails.is_empty() {
            return Ok(false);
        }
        reading.fortune.came(reading.validity, probe);
        Ok(true)
    }

    /// Asks once more for the mails that were left for later, right after another came. What is missed now where it was missed before is set
    /// aside.
    async fn judge(&self, reading: &Reading<'_>, imap: &mut Imap, since: Timestamp) -> Result<(), Trouble> {
        let Reading { fortune, validity, .. } = *reading;
        for uid in fortune.to_judge(validity) {
            let mut arrived = since;
            match asked_again(reading, imap, uid, &mut arrived).await {
                Ok(told) => {
                    self.keep(reading, told, arrived).await?;
                    fortune.came(validity, uid);
                }
                Err((why @ ImapError::Login, _)) => return Err(why.into()),
                Err((why, missed)) => {
                    if fortune.is_missed_there(validity, uid, missed) {
                        let said = format!("the mail server does not give it ({why}); it is in the mailbox");
                        self.pass_over(reading, arrived, &[uid], &said).await?;
                        fortune.gives_up(validity, uid);
                    }
                    if !why.is_said() {
                        return Err(why.into());
                    }
                }
            }
        }
        Ok(())
    }

    /// Sets mails aside of which there is nothing but that they are there.
    async fn pass_over(
        &self,
        reading: &Reading<'_>,
        arrived: Timestamp,
        uids: &[u32],
        why: &str,
    ) -> Result<(), Trouble> {
        for uid in uids {
            let came = Came { raw: Vec::new(), arrived, too_large: None };
            let place = Place { account: &reading.setup.account, validity: reading.validity, uid: *uid };
            self.set_aside(&place, (&came, None), why.to_owned()).await.map_err(Trouble::Store)?;
        }
        Ok(())
    }

    /// Takes in what was told of mails.
    async fn keep(&self, reading: &Reading<'_>, told: Told<(u32, Came)>, arrived: Timestamp) -> Result<(), Trouble> {
        let Reading { setup, validity, .. } = *reading;
        self.pass_over(reading, arrived, &told.unread, UNREAD).await?;
        let reads = stream::iter(told.mails);
        let reads = reads.map(|(uid, came)| async move { (uid, Self::read(Arc::clone(setup), came).await) });
        let reads: Vec<_> = reads.buffered(TAKEN_AT_ONCE).collect().await;
        let mut read = Vec::new();
        for (uid, one) in reads {
            match one {
                Ok(one) => read.push((uid, one)),
                Err((came, why)) => {
                    let place = Place { account: &setup.account, validity, uid };
                    self.set_aside(&place, (&came, None), why).await.map_err(Trouble::Store)?;
                }
            }
        }
        let groups = stream::iter(tied(read)).map(|group| self.take_group(setup, group, validity));
        let taken: Vec<Result<(), Trouble>> = groups.buffer_unordered(TAKEN_AT_ONCE).collect().await;
        taken.into_iter().collect()
    }

    /// Takes mails that have something to do with each other, one after the other.
    async fn take_group(&self, setup: &MailSetup, group: Group, validity: u32) -> Result<(), Trouble> {
        for (uid, read) in group {
            match self.settle_patiently(setup, &read).await {
                Ok(()) => {}
                Err(Cannot::Now(why)) => return Err(Trouble::Store(why)),
                Err(Cannot::Ever(why)) => {
                    let place = Place { account: &setup.account, validity, uid };
                    self.set_aside(&place, (&read.came, read.sender()), why).await.map_err(Trouble::Store)?;
                }
            }
        }
        Ok(())
    }

    async fn settle_patiently(&self, setup: &MailSetup, read: &Read) -> Result<(), Cannot> {
        for _ in 0..BUSY_TRIES {
            match self.settle(setup, read).await {
                Err(Cannot::Now(Refusal::Busy | Refusal::TooMany { .. })) => sleep(BUSY_PAUSE).await,
                settled => return settled,
            }
        }
        self.settle(setup, read).await
    }

    /// Moves the cursor up to a mail, or to the first one that was left for later.
    async fn advance(
        &self,
        reading: &Reading<'_>,
        cursor: &mut Versioned<MailCursor>,
        uid: u32,
    ) -> Result<(), Trouble> {
        let left = reading.fortune.left(reading.validity);
        let uid = left.first().map_or(uid, |left| uid.min(left.saturating_sub(1)));
        if uid <= cursor.record.uid {
            return Ok(());
        }
        let new = MailCursor { uid, ..cursor.record.clone() };
        let mut batch = Batch::default();
        let moved = record::update(&mut batch, cursor, &new).map_err(unreadable)?;
        self.parts.store.commit(batch).await.map_err(|why| Trouble::Store(why.refused("it is read elsewhere too")))?;
        *cursor = moved;
        reading.fortune.passes(reading.validity, uid);
        Ok(())
    }
}

/// A mail by itself, and where it was missed if it does not come. Says when the server took it as soon as that is known.
async fn asked_again(
    reading: &Reading<'_>,
    imap: &mut Imap,
    uid: u32,
    arrived: &mut Timestamp,
) -> Result<Told<(u32, Came)>, (ImapError, Missed)> {
    let before = imap.received();
    let listed = imap.list(&[uid]).await;
    let listed = listed.map_err(|why| {
        let missed = missed(&why, Missed::Listing, imap, before);
        (why, missed)
    })?;
    *arrived = listed.mails.first().map_or(*arrived, |mail| mail.arrived);
    let before = imap.received();
    let told = fetched(reading.setup, imap, &listed.mails).await;
    let mut told = told.map_err(|why| {
        let missed = missed(&why, Missed::Fetching, imap, before);
        (why, missed)
    })?;
    told.unread.extend(listed.unread);
    Ok(told)
}

/// Where a mail was missed, by what went wrong and how much came since.
fn missed(why: &ImapError, at: fn(u64) -> Missed, imap: &Imap, before: u64) -> Missed {
    if why.is_of_the_way() { at(imap.received() - before) } else { Missed::Said }
}

/// Sizes and times of mails. Where they can not be had, fewer are asked for the next time.
async fn listed(reading: &Reading<'_>, imap: &mut Imap, uids: &[u32]) -> Result<Told<Listed>, ImapError> {
    let before = imap.received();
    let told = imap.list(uids).await.and_then(Told::if_any);
    if told.as_ref().is_err_and(ImapError::is_of_a_mail) {
        match uids {
            [alone] => {
                let missed = told.as_ref().err().map_or(Missed::Said, |why| missed(why, Missed::Listing, imap, before));
                reading.fortune.misses(reading.validity, *alone, missed);
            }
            several => reading.fortune.lists_fewer(several.len()),
        }
    }
    told
}

/// Mails as they are in the mailbox; of those that are too large, the header.
pub(super) async fn fetched(
    setup: &MailSetup,
    imap: &mut Imap,
    batch: &[Listed],
) -> Result<Told<(u32, Came)>, ImapError> {
    let largest = setup.settings.mail_max_bytes as u64;
    let uids: Vec<u32> = batch.iter().map(|mail| mail.uid).collect();
    if uids.is_empty() {
        return Ok(Told { mails: Vec::new(), unread: Vec::new() });
    }
    let too_large = batch.iter().any(|mail| mail.size > largest);
    let (extent, most) = if too_large { (Extent::Header, HEADER_MAX_BYTES) } else { (Extent::Whole, largest) };
    let Told { mails, unread } = imap.fetch(&uids, extent, most).await?;
    let came = mails.into_iter().filter_map(|(uid, raw)| {
        let listed = batch.iter().find(|mail| mail.uid == uid)?;
        Some((uid, Came { raw, arrived: listed.arrived, too_large: too_large.then_some(listed.size) }))
    });
    Ok(Told { mails: came.collect(), unread })
}

/// Mails in the batches in which they are fetched: so many, so large, and by themselves one that is too large and one that is to be.
fn batches(mails: &[Listed], largest: u64, is_alone: impl Fn(u32) -> bool) -> Vec<&[Listed]> {
    let is_alone = |mail: &Listed| mail.size > largest || is_alone(mail.uid);
    let mut batches = Vec::new();
    let (mut from, mut bytes) = (0, 0_u64);
    for (at, mail) in mails.iter().enumerate() {
        let is_alone = is_alone(mail) || is_alone(&mails[from]);
        let is_full = at - from >= FETCHED_MAX || bytes.saturating_add(mail.size) > FETCHED_MAX_BYTES;
        if at > from && (is_alone || is_full) {
            batches.push(&mails[from..at]);
            (from, bytes) = (at, 0);
        }
        bytes = bytes.saturating_add(mail.size);
    }
    if from < mails.len() {
        batches.push(&mails[from..]);
    }
    batches
}

/// Mails by their UIDs, in order.
type Group = Vec<(u32, Read)>;

/// Mails in groups that have nothing to do with each other; within a group they keep their order.
fn tied(mails: Group) -> Vec<Group> {
    let mut groups: Vec<(HashSet<String>, Group)> = Vec::new();
    for (uid, read) in mails {
        let mut ties: HashSet<String> = read.ties().map(str::to_owned).collect();
        let (mut joined, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(known, _)| !known.is_disjoint(&ties));
        groups = others;
        let mut members = Group::new();
        for (known, some) in joined.drain(..) {
            ties.extend(known);
            members.extend(some);
        }
        members.push((uid, read));
        members.sort_unstable_by_key(|(uid, _)| *uid);
        groups.push((ties, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: StoreError) -> Trouble {
    tracing::error!(%error, "how far the mailbox was read does not read");
    Trouble::Store(Refusal::Unavailable { part: "store" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(sizes: &[u64], largest: u64) -> Vec<usize> {
        let arrived = Timestamp::from_ms(0);
        let mails: Vec<Listed> = (1..).zip(sizes).map(|(uid, size)| Listed { uid, size: *size, arrived }).collect();
        batches(&mails, largest, |uid| uid == 200).into_iter().map(<[Listed]>::len).collect()
    }

    #[test]
    fn batches_are_bounded_in_number_and_bytes_and_what_is_too_large_goes_alone() {
        assert_eq!(sizes(&[], 10), Vec::<usize>::new());
        assert_eq!(sizes(&[1; 130], 10), [64, 64, 2]);
        assert_eq!(sizes(&[1; 203], 10), [64, 64, 64, 7, 1, 3], "one that is to be alone");
        assert_eq!(sizes(&[1, 11, 1, 1, 12], 10), [1, 1, 2, 1]);
        let mib = 1024 * 1024;
        assert_eq!(sizes(&[5 * mib, 5 * mib, 9 * mib, 1], 25 * mib), [1, 1, 1, 1]);
    }
}
