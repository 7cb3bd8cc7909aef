//! Guessing at passwords is slowed down: per account, and more generously per network address.
//!
//! After some failures every further one locks the account for twice as long as the one before, up to a limit: short enough
//! that nobody is kept out of their account by a stranger for long, long enough that guessing is hopeless. An attempt that
//! is refused here is not counted, so waiting as told always helps.

use std::net::IpAddr;

use super::rate::address_key;
use super::table::{Fleeting, Table};
use crate::domain::{Refusal, Timestamp};

/// Failures of one account before it is locked.
const ACCOUNT_FREE_MAX: u32 = 10;

/// Failures of one address before it is locked; more than an account's, since an office has one address.
const ADDRESS_FREE_MAX: u32 = 100;

/// Attempts on one account whose outcome is still open. Guards against many guesses before the first has failed.
const OPEN_MAX: u32 = 32;

/// The first lock, in seconds; each further failure doubles it.
const FIRST_LOCK_S: u64 = 5;

/// The longest lock, in seconds.
const LOCK_MAX_S: u64 = 300;

/// Failures are forgotten this long after the last one, in seconds; longer than the longest lock.
const FORGET_AFTER_S: u64 = 900;

/// Accounts, and addresses, that are remembered at a time.
const REMEMBERED_MAX: usize = 100_000;

/// Counts failed logins.
#[derive(Debug)]
pub struct LoginAttempts {
    /// None when limits are off.
    tallies: Option<Tallies>,
}

/// A login under way. Say how it ended; one that is dropped was given up before its outcome was known and counts for
/// nothing.
#[must_use]
#[derive(Debug)]
pub struct Attempt<'a> {
    tallies: Option<&'a Tallies>,
    account: String,
    address: String,
    now: Timestamp,
}

#[derive(Debug)]
struct Tallies {
    accounts: Table<Tally>,
    addresses: Table<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    failures: u32,
    open: u32,
    last_failed_at: Timestamp,
}

impl LoginAttempts {
    /// Counts every login.
    pub fn new() -> Self {
        let table = || Table::new(REMEMBERED_MAX);
        Self { tallies: Some(Tallies { accounts: table(), addresses: table() }) }
    }

    /// Lets every login through. For load tests.
    pub const fn off() -> Self {
        Self { tallies: None }
    }

    /// Begins a login, before the password is looked at.
    ///
    /// # Errors
    /// `TooMany` when the account or the address is locked.
    pub fn begin(&self, account: &str, address: IpAddr, now: Timestamp) -> Result<Attempt<'_>, Refusal> {
        let (account, address) = (account.to_owned(), address_key(address));
        if let Some(tallies) = &self.tallies {
            tallies.addresses.with(&address, now, |tally| tally.require_unlocked(ADDRESS_FREE_MAX, now))?;
            tallies.accounts.with(&account, now, |tally| tally.begin(now))?;
        }
        Ok(Attempt { tallies: self.tallies.as_ref(), account, address, now })
    }
}

impl Default for LoginAttempts {
    fn default() -> Self {
        Self::new()
    }
}

impl Attempt<'_> {
    /// The password was wrong, or there is no such account.
    pub fn failed(self) {
        if let Some(tallies) = self.tallies {
            tallies.accounts.with(&self.account, self.now, |tally| tally.fail(self.now));
            tallies.addresses.with(&self.address, self.now, |tally| tally.fail(self.now));
        }
    }

    /// The password was right: the account's failures are forgotten. The address's are not, or an attacker with an account
    /// of their own could begin anew at will.
    pub fn succeeded(self) {
        if let Some(tallies) = self.tallies {
            tallies.accounts.with_existing(&self.account, self.now, |tally| tally.failures = 0);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(tallies) = self.tallies {
            let end = |tally: &mut Tally| tally.open = tally.open.saturating_sub(1);
            tallies.accounts.with_existing(&self.account, self.now, end);
        }
    }
}

impl Tally {
    fn begin(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.require_unlocked(ACCOUNT_FREE_MAX, now)?;
        if self.open >= OPEN_MAX {
            return Err(Refusal::TooMany { retry_after_s: 1 });
        }
        self.open += 1;
        Ok(())
    }

    fn require_unlocked(&mut self, free_max: u32, now: Timestamp) -> Result<(), Refusal> {
        self.catch_up(now);
        match self.locked_ms(free_max, now) {
            0 => Ok(()),
            left_ms => Err(Refusal::TooMany { retry_after_s: left_ms.div_ceil(1000) }),
        }
    }

    fn fail(&mut self, now: Timestamp) {
        self.catch_up(now);
        self.failures = self.failures.saturating_add(1);
        self.last_failed_at = self.last_failed_at.max(now);
    }

    /// Failures of long ago are forgotten; a clock that jumped back takes the last one with it, so that no lock lasts
    /// longer than [`LOCK_MAX_S`].
    fn catch_up(&mut self, now: Timestamp) {
        self.last_failed_at = self.last_failed_at.min(now);
        if now.since_ms(self.last_failed_at) >= FORGET_AFTER_S * 1000 {
            self.failures = 0;
        }
    }

    fn locked_ms(&self, free_max: u32, now: Timestamp) -> u64 {
        let Some(beyond) = self.failures.checked_sub(free_max) else { return 0 };
        let doubled_s = 1u64.checked_shl(beyond).map_or(LOCK_MAX_S, |times| FIRST_LOCK_S.saturating_mul(times));
        let lock_ms = doubled_s.min(LOCK_MAX_S) * 1000;
        lock_ms.saturating_sub(now.since_ms(self.last_failed_at))
    }
}

impl Fleeting for Tally {
    fn is_over(&self, now: Timestamp) -> bool {
        let forgotten = self.failures == 0 || now.since_ms(self.last_failed_at) >= FORGET_AFTER_S * 1000;
        self.open == 0 && forgotten
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000 + s * 1000)
    }

    const JO: &str = "jo@example.com";

    fn home() -> IpAddr {
        "192.0.2.1".parse().unwrap()
    }

    fn fail(attempts: &LoginAttempts, times: u32, now: Timestamp) {
        for _ in 0..times {
            attempts.begin(JO, home(), now).unwrap().failed();
        }
    }

    fn wait_s(attempts: &LoginAttempts, now: Timestamp) -> u64 {
        match attempts.begin(JO, home(), now) {
            Ok(_) => 0,
            Err(Refusal::TooMany { retry_after_s }) => retry_after_s,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_account_is_locked_after_ten_failures_and_each_further_one_doubles_the_wait() {
        let attempts = LoginAttempts::new();
        fail(&attempts, ACCOUNT_FREE_MAX, at(0));
        let mut now = 0;
        for expected in [5, 10, 20, 40, 80, 160, 300, 300] {
            assert_eq!(wait_s(&attempts, at(now)), expected);
            now += i64::try_from(expected).unwrap();
            fail(&attempts, 1, at(now));
        }
    }

    #[test]
    fn a_lock_is_the_accounts_own_and_ends_as_told() {
        let attempts = LoginAttempts::new();
        fail(&attempts, ACCOUNT_FREE_MAX, at(0));
        assert!(attempts.begin("al@example.com", home(), at(0)).is_ok());
        assert_eq!(wait_s(&attempts, at(4)), 1);
        assert_eq!(wait_s(&attempts, at(5)), 0);
    }

    #[test]
    fn a_right_password_clears_the_account() {
        let attempts = LoginAttempts::new();
        fail(&attempts, ACCOUNT_FREE_MAX - 1, at(0));
        attempts.begin(JO, home(), at(1)).unwrap().succeeded();
        fail(&attempts, ACCOUNT_FREE_MAX - 1, at(2));
        assert_eq!(wait_s(&attempts, at(2)), 0);
    }

    #[test]
    fn failures_are_forgotten_after_a_while() {
        let attempts = LoginAttempts::new();
        fail(&attempts, ACCOUNT_FREE_MAX - 1, at(0));
        fail(&attempts, ACCOUNT_FREE_MAX - 1, at(900));
        assert_eq!(wait_s(&attempts, at(900)), 0);
    }

    #[test]
    fn one_address_can_not_try_many_accounts_and_other_addresses_are_not_hit() {
        let attempts = LoginAttempts::new();
        for n in 0..ADDRESS_FREE_MAX {
            let account = format!("user{n}@example.com");
            attempts.begin(&account, home(), at(0)).unwrap().failed();
        }
        assert!(wait_s(&attempts, at(0)) > 0);
        assert!(attempts.begin(JO, "192.0.2.2".parse().unwrap(), at(0)).is_ok());
    }

    #[test]
    fn guesses_in_parallel_are_bounded_and_given_up_ones_free_their_place() {
        let attempts = LoginAttempts::new();
        let open: Vec<_> = (0..OPEN_MAX).map(|_| attempts.begin(JO, home(), at(0)).unwrap()).collect();
        assert!(wait_s(&attempts, at(0)) > 0);
        drop(open);
        assert_eq!(wait_s(&attempts, at(0)), 0);
        assert_eq!(attempts.tallies.as_ref().unwrap().accounts.len(), 0);
    }

    #[test]
    fn limits_that_are_off_let_every_login_through() {
        let attempts = LoginAttempts::off();
        fail(&attempts, 1_000, at(0));
        assert_eq!(wait_s(&attempts, at(0)), 0);
    }

    proptest! {
        /// However the clock jumps, nobody is told to wait longer than the longest lock, and waiting as told helps.
        #[test]
        fn a_clock_that_jumps_locks_nobody_out_for_ever(jumps in prop::collection::vec(-10_000_000i64..10_000_000, 1..60)) {
            let attempts = LoginAttempts::new();
            let mut now = 0;
            for jump in jumps {
                now += jump;
                let wait = wait_s(&attempts, at(now));
                prop_assert!(wait <= LOCK_MAX_S);
                now += i64::try_from(wait).unwrap();
                fail(&attempts, 1, at(now));
            }
        }
    }
}
