//! How far a request may reach that the server makes on an organization's behalf: a name or an address that somebody typed
//! must not lead into the server's own network. Redirects are never followed, and no proxy looks the name up for us.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Url};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses only.
    Public,
    /// Addresses of private networks and of this machine too.
    Anywhere,
}

impl Reach {
    /// As the installation's switch says.
    pub const fn of(private_addresses: bool) -> Self {
        if private_addresses { Self::Anywhere } else { Self::Public }
    }

    /// A client that finds only what may be reached by name. An address that is written out is [`Reach::permits`]' matter.
    pub fn client(self) -> ClientBuilder {
        let builder = reqwest::Client::builder().redirect(Policy::none()).no_proxy();
        match self {
            Self::Public => builder.dns_resolver(PublicOnly),
            Self::Anywhere => builder,
        }
    }

    /// Whether the address may be asked, as far as it says itself: over HTTP, and no private address written out.
    pub fn permits(self, url: &Url) -> bool {
        let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        let reachable = self == Self::Anywhere || literal.is_none_or(is_public);
        matches!(url.scheme(), "http" | "https") && url.has_host() && reachable
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
    fn an_address_that_is_written_out_is_looked_at_in_every_form() {
        let permits = |reach: Reach, url: &str| reach.permits(&url.parse().unwrap());
        for private in ["http://127.0.0.1/x", "http://2130706433/", "http://0x7f.1/", "https://[::1]:8443/"] {
            assert!(!permits(Reach::Public, private), "{private}");
            assert!(permits(Reach::Anywhere, private), "{private}");
        }
        assert!(permits(Reach::Public, "https://api.example.com/v1"));
        assert!(!permits(Reach::Anywhere, "file:///etc/passwd") && !permits(Reach::Anywhere, "data:text/plain,x"));
    }
}
