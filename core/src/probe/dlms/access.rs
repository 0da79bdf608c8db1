//! As whom to come: which clients to try with the keys at hand, and what it means when none is let in.

use super::limits::{SHUT_SECONDS, STRANGER_WAITS};
use crate::probe::{error::ReadError, keys::Keys};

/// The public client: no security, and little to see.
pub(super) const PUBLIC: u8 = 16;
/// The management client: everything to see, if one may.
const MANAGEMENT: u8 = 1;

/// A client and how it proves itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Access {
    /// As the public client, without proof.
    Public,
    /// As another client, without proof.
    Open(u8),
    /// With a password.
    Password(u8),
    /// With keys, ciphered.
    Ciphered(u8),
}

impl Access {
    pub(super) const fn client(self) -> u8 {
        match self {
            Self::Public => PUBLIC,
            Self::Open(client) | Self::Password(client) | Self::Ciphered(client) => client,
        }
    }

    pub(super) const fn is_ciphered(self) -> bool {
        matches!(self, Self::Ciphered(_))
    }
}

/// Why one of them got nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Denial {
    /// It has to authenticate.
    Locked,
    /// It is not wanted.
    Refused,
    /// The meter is not to be spoken to now.
    Shut,
    /// It sees no register.
    Empty,
    /// It is not given a link: nothing comes back.
    Deaf,
}

/// Who has been tried.
#[derive(Debug, Default)]
pub(super) struct Approach {
    /// Whom the way names.
    client: Option<u8>,
    tried: Vec<Access>,
    /// The public client was let in, and left without reading.
    looked: bool,
    denials: Vec<Denial>,
}

impl Approach {
    pub(super) fn new(client: Option<u8>) -> Self {
        Self { client, ..Self::default() }
    }

    /// The next to try, with these keys.
    pub(super) fn next(&self, keys: Option<&Keys>) -> Option<Access> {
        let untried = self.wanted(keys).into_iter().find(|access| !self.tried.contains(access));
        // What the public client sees is better than nothing.
        untried.or(self.looked.then_some(Access::Public))
    }

    /// The public client goes, having seen who the meter is.
    pub(super) const fn looked(&mut self) {
        self.looked = true;
    }

    /// This one has been tried.
    pub(super) fn was_tried(&self, access: Access) -> bool {
        self.tried.contains(&access)
    }

    /// All begin anew.
    pub(super) fn forget_all(&mut self) {
        self.tried.clear();
    }

    /// This one need not be tried again.
    pub(super) fn tried(&mut self, access: Access) {
        if access == Access::Public {
            self.looked = false;
        }
        if !self.tried.contains(&access) {
            self.tried.push(access);
        }
    }

    /// This one shall be tried again.
    pub(super) fn forget(&mut self, access: Access) {
        self.tried.retain(|tried| *tried != access);
    }

    /// Somebody got nothing.
    pub(super) fn was_denied(&self) -> bool {
        !self.denials.is_empty()
    }

    /// This one got nothing.
    pub(super) fn denied(&mut self, access: Access, denial: Denial) {
        self.tried(access);
        self.denials.push(denial);
    }

    /// What to tell when nobody is left to try.
    pub(super) fn error(&self) -> ReadError {
        let any = |denial| self.denials.contains(&denial);
        let shown = self.tried.iter().any(|access| matches!(access, Access::Password(_)));
        if shown && any(Denial::Shut) {
            // A password was at hand, and nobody says whether it is right.
            ReadError::ShutFor { seconds: SHUT_SECONDS }
        } else if any(Denial::Locked) {
            ReadError::Locked
        } else if any(Denial::Deaf) && !any(Denial::Empty) {
            ReadError::Silent { attempts: u8::try_from(STRANGER_WAITS.len()).unwrap_or(u8::MAX) }
        } else if any(Denial::Shut) {
            ReadError::ShutFor { seconds: SHUT_SECONDS }
        } else if any(Denial::Empty) {
            ReadError::NothingToRead
        } else {
            ReadError::Refused
        }
    }

    /// Who is tried, in order. `keys` is nothing as long as the meter may have some that only its name would tell.
    ///
    /// Most meters that show their registers to anybody show them to the management client, and to the public one
    /// their clock and name only: who comes as the latter first enters twice, which is 1.1 s at 9600 Bd. The other
    /// order costs 0.3 s where the management client has to authenticate, and a wait where it is not heard at all,
    /// which is why the meter is looked for as both.
    fn wanted(&self, keys: Option<&Keys>) -> Vec<Access> {
        let client = keys.and_then(|keys| keys.client).or(self.client).filter(|&client| client != PUBLIC);
        let own = client.unwrap_or(MANAGEMENT);
        let ciphers =
            keys.is_some_and(|keys| keys.encryption_key.is_some() && keys.authentication_key.is_some());
        let password = keys.is_some_and(|keys| keys.password.is_some()).then_some(Access::Password(own));
        if ciphers {
            let inside = [Access::Ciphered(own)].into_iter().chain(password);
            // The public client tells which counter comes next; who was inside before has that on disk.
            return if self.client == Some(own) {
                inside.chain([Access::Public]).collect()
            } else {
                [Access::Public].into_iter().chain(inside).collect()
            };
        }
        // Its name may find keys that open more; and a client that has worked works.
        let public_first = client.is_none() && (keys.is_none() || self.client == Some(PUBLIC));
        match password {
            Some(password) => vec![password, Access::Public],
            None if public_first => vec![Access::Public, Access::Open(own)],
            None => vec![Access::Open(own), Access::Public],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIPHERS: Keys = Keys {
        client: None,
        password: None,
        encryption_key: Some([1; 16]),
        authentication_key: Some([2; 16]),
    };

    #[test]
    fn who_is_tried_depends_on_the_keys() {
        let password = Keys { password: Some("secret".into()), ..Keys::default() };
        // It is not known yet who the meter is.
        check(None, None, &[Access::Public, Access::Open(1)]);
        check(None, Some(1), &[Access::Open(1), Access::Public]);
        // There are none for it.
        check(Some(Keys::default()), None, &[Access::Open(1), Access::Public]);
        check(Some(Keys::default()), Some(16), &[Access::Public, Access::Open(1)]);
        check(
            Some(Keys { client: Some(32), ..Keys::default() }),
            Some(1),
            &[Access::Open(32), Access::Public],
        );
        check(Some(password.clone()), None, &[Access::Password(1), Access::Public]);
        check(Some(CIPHERS), None, &[Access::Public, Access::Ciphered(1)]);
        check(Some(CIPHERS), Some(1), &[Access::Ciphered(1), Access::Public]);
        check(Some(CIPHERS), Some(16), &[Access::Public, Access::Ciphered(1)]);
        check(Some(Keys { client: Some(2), ..CIPHERS }), None, &[Access::Public, Access::Ciphered(2)]);
        check(Some(Keys { client: Some(2), ..CIPHERS }), Some(1), &[Access::Public, Access::Ciphered(2)]);
        check(
            Some(Keys { password: password.password, ..CIPHERS }),
            None,
            &[Access::Public, Access::Ciphered(1), Access::Password(1)],
        );
        // Half of a pair of keys opens nothing.
        check(Some(Keys { authentication_key: None, ..CIPHERS }), None, &[Access::Open(1), Access::Public]);
    }

    #[track_caller]
    fn check(keys: Option<Keys>, client: Option<u8>, expected: &[Access]) {
        let mut approach = Approach::new(client);
        for &access in expected {
            assert_eq!(approach.next(keys.as_ref()), Some(access));
            approach.tried(access);
        }
        assert_eq!(approach.next(keys.as_ref()), None);
    }

    #[test]
    fn the_public_client_comes_back_when_nobody_else_is_let_in() {
        let mut approach = Approach::new(None);
        approach.tried(Access::Public);
        approach.looked();
        assert_eq!(approach.next(Some(&CIPHERS)), Some(Access::Ciphered(1)));
        approach.denied(Access::Ciphered(1), Denial::Refused);
        assert_eq!(approach.next(Some(&CIPHERS)), Some(Access::Public));
        approach.tried(Access::Public);
        assert_eq!(approach.next(Some(&CIPHERS)), None);
    }

    #[test]
    fn the_most_telling_denial_is_told() {
        for (denials, error) in [
            (&[Denial::Empty, Denial::Locked][..], ReadError::Locked),
            (&[Denial::Shut, Denial::Refused], ReadError::ShutFor { seconds: 120 }),
            (&[Denial::Empty, Denial::Refused], ReadError::NothingToRead),
            (&[Denial::Shut, Denial::Deaf], ReadError::Silent { attempts: 2 }),
            (&[Denial::Empty, Denial::Deaf], ReadError::NothingToRead),
            (&[Denial::Refused], ReadError::Refused),
        ] {
            let mut approach = Approach::default();
            denials.iter().for_each(|&denial| approach.denied(Access::Public, denial));
            assert_eq!(approach.error(), error);
        }
        let mut approach = Approach::default();
        approach.denied(Access::Password(1), Denial::Shut);
        approach.denied(Access::Public, Denial::Locked);
        assert_eq!(approach.error(), ReadError::ShutFor { seconds: 120 });
    }
}
