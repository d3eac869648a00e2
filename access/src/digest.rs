//! What a set of changes comes to, as a short text: an approval names it, and holds for exactly these changes.

use proto::{Change, Visibility};
use sha2::{Digest, Sha256};

/// SHA-256, in hex, over the changes of all SonarQube projects of a plan, with the visibilities they are changed to.
/// The order of projects and changes counts: both are given in their own order, which is always the same.
#[must_use]
pub fn digest<'a>(
    projects: impl IntoIterator<Item = (&'a str, Option<Visibility>, Vec<&'a Change>)>,
) -> String {
    let mut hash = Sha256::new();
    for (key, becomes, changes) in projects {
        hash.update(format!("{key}\n{}\n", becomes.map_or("", Visibility::key)));
        for Change { kind, grantee, permission } in changes {
            hash.update(format!("{} {grantee:?} {permission}\n", kind.sign()));
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proto::{ChangeKind, Grantee, Permission};

    use super::*;

    fn change(kind: ChangeKind, grantee: Grantee, permission: Permission) -> Change {
        Change { kind, grantee, permission }
    }

    #[test]
    fn it_differs_as_soon_as_anything_does() {
        let login = |name: &str| Grantee::Login(name.to_owned());
        let revoke = change(ChangeKind::Revoke, login("jane"), Permission::User);
        let of = |key, becomes, change: &Change| digest([(key, becomes, vec![change])]);
        let one = of("shop", None, &revoke);
        assert_eq!(of("shop", None, &revoke), one);
        let others = [
            of("shop2", None, &revoke),
            of("shop", Some(Visibility::Private), &revoke),
            of("shop", None, &Change { kind: ChangeKind::Grant, ..revoke.clone() }),
            of("shop", None, &Change { permission: Permission::Scan, ..revoke.clone() }),
            of("shop", None, &Change { grantee: login("joan"), ..revoke.clone() }),
            of("shop", None, &Change { grantee: Grantee::Group("jane".to_owned()), ..revoke.clone() }),
            digest([("shop", None, vec![&revoke, &revoke])]),
        ];
        assert!(others.iter().all(|other| *other != one), "{others:?}");
    }
}
