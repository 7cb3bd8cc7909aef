//! Requests to addresses that organizations name: a page to be read, a service to be asked. They lead into the world and never
//! into this machine's own network, whatever a name stands for by the time that it is connected to.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public ones only.
    Public,
    /// Those of private networks and of this machine too.
    Everything,
}

impl Reach {
    /// What a setting that lets private addresses be reached means.
    pub const fn of(private_addresses: bool) -> Self {
        if private_addresses { Self::Everything } else { Self::Public }
    }

    /// A client that reaches these, follows no redirect by itself, and knows no proxy. A redirect is another address that
    /// somebody else names: whoever follows one checks it first.
    pub fn client(self) -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        match self {
            Self::Everything => builder,
            Self::Public => builder.dns_resolver(PublicOnly),
        }
    }

    /// Checks an address before it is connected to. Names are looked up by the client, which then checks what they stand for;
    /// numbers are not looked up, so they are checked here.
    ///
    /// # Errors
    /// Why it is not reached.
    pub fn check(self, url: &Url) -> Result<(), &'static str> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err("the address is none of the web");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the address holds a password");
        }
        let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        if self == Self::Public && literal.is_some_and(|address| !is_public(address)) {
            return Err("the address is a private one");
        }
        Ok(())
    }

    /// Whether [`Reach::check`] has nothing against the address.
    pub fn permits(self, url: &Url) -> bool {
        self.check(url).is_ok()
    }
}

/// Finds public addresses only: a name must not lead into this machine's own network.
#[derive(Debug, Clone, Copy)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let unusual = first == 0
                || first >= 224
                || (first == 192 && second == 0)
                || (first == 198 && (18..20).contains(&second));
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared || unusual)
        }
        IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            // Only global unicast, without the ranges that wrap other networks' addresses.
            (0x2000..0x4000).contains(&first) && first != 0x2002 && !(first == 0x2001 && v6.segments()[1] < 0x0200)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_asked() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "2002:0a00:0001::",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
    #[test]
    fn only_addresses_of_the_web_without_passwords_are_reached() {
        let check = |reach: Reach, url: &str| reach.check(&url.parse().unwrap());
        for bad in ["ftp://example.com/", "file:///etc/passwd", "http://u@example.com/", "http://u:p@example.com/"] {
            assert!(check(Reach::Everything, bad).is_err(), "{bad}");
        }
        // However a number is written, it is the same address.
        for private in
            ["http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/"]
        {
            assert!(check(Reach::Public, private).is_err(), "{private}");
            assert_eq!(check(Reach::Everything, private), Ok(()), "{private}");
        }
        assert_eq!(check(Reach::Public, "https://example.com/a?b"), Ok(()));
    }
}
