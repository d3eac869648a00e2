//! Which account belongs to which member of a plan, and whose matter the grants of a holder are.
//!
//! Both are told from one reading of the accounts. With two, somebody who signs in between them would be a member
//! without an account by the first and a stranger with grants by the second, and would lose them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use access::{Holder, Owner};
use proto::{LeftOut, LeftOutReason, Member, PermissionSet, Person, UserId};

use super::accounts::{Accounts, Standing};
use crate::sonarqube::Holding;

/// The members of a plan in SonarQube's terms.
#[derive(Debug, Clone)]
pub(crate) struct Matched {
    /// What each login should hold.
    pub(crate) by_login: BTreeMap<String, PermissionSet>,
    /// GitLab's id of each of these logins.
    pub(crate) user_of: BTreeMap<String, UserId>,
    /// Members without an account: they have not signed in yet.
    pub(crate) pending: Vec<Person>,
    /// One sentence for each member whose account is not beyond doubt; nothing is changed for them.
    pub(crate) ambiguous: Vec<String>,
    /// Logins that nothing is changed for, because whose they are is in doubt or the plan exempts the person.
    untouchable: BTreeSet<String>,
    accounts: Arc<Accounts>,
}

impl Matched {
    /// Finds the account of each member.
    pub(super) fn new(accounts: &Arc<Accounts>, members: &[Member], left_out: &[LeftOut]) -> Self {
        let mut matched = Self {
            by_login: BTreeMap::new(),
            user_of: BTreeMap::new(),
            pending: Vec::new(),
            ambiguous: Vec::new(),
            untouchable: BTreeSet::new(),
            accounts: Arc::clone(accounts),
        };
        for person in left_out.iter().filter(|person| person.reason == LeftOutReason::Exempt) {
            matched.untouchable.extend(accounts.logins_of(person.id, &person.username).iter().cloned());
        }
        for member in members {
            matched.place(accounts, member);
        }
        matched
    }

    /// Says of each holder whose matter the grants are; an account that is not known is foreign.
    pub(crate) fn holders(&self, held: &[Holding]) -> Vec<Holder> {
        held.iter().map(|holding| self.holder(holding)).collect()
    }

    /// GitLab's id of the person behind the login, where a member has it or the account tells it.
    pub(crate) fn user(&self, login: &str) -> Option<UserId> {
        self.user_of.get(login).copied().or_else(|| self.accounts.user_of(login))
    }

    /// Whether SonarQube knows the login, and it is active.
    pub(crate) fn knows(&self, login: &str) -> bool {
        self.accounts.knows(login)
    }

    /// Whether the grants of the login are this system's.
    pub(crate) fn is_ours(&self, login: &str) -> bool {
        !self.untouchable.contains(login) && self.accounts.owner(login) == Owner::Ours
    }

    /// How many accounts have no access by the plan, of those with these ids or of all; this system's own and exempt ones
    /// do not count.
    pub(super) fn without_access(&self, members: Option<&Arc<BTreeSet<String>>>) -> usize {
        let has_none =
            |login: &&str| !self.by_login.contains_key(*login) && !self.untouchable.contains(*login);
        self.accounts.not_exempt(members.map(AsRef::as_ref)).filter(has_none).count()
    }

    fn holder(&self, holding: &Holding) -> Holder {
        let owner = if self.is_ours(&holding.login) { Owner::Ours } else { Owner::Foreign };
        Holder { login: holding.login.clone(), permissions: holding.permissions, owner }
    }

    fn place(&mut self, accounts: &Accounts, member: &Member) {
        match accounts.logins_of(member.id, &member.username) {
            [] => self.pending.push(Person { id: member.id, username: member.username.clone() }),
            // Only the user mapping leads to an account that tells another person's id.
            [login] if accounts.user_of(login).is_some_and(|user| user != member.id) => {
                self.doubt(member, std::slice::from_ref(login));
            }
            [login] => match accounts.standing(login) {
                Standing::Ours => self.insert(login, member),
                // This system leaves the account alone, and nobody is waited for.
                Standing::Exempt => {}
                // Only the user mapping leads there.
                Standing::Foreign => self.not_of_gitlab(member, login),
            },
            several => self.doubt(member, several),
        }
    }

    fn insert(&mut self, login: &str, member: &Member) {
        let taken = self.untouchable.contains(login) || self.by_login.contains_key(login);
        if taken {
            self.doubt(member, &[login.to_owned()]);
        } else {
            self.by_login.insert(login.to_owned(), member.permissions);
            self.user_of.insert(login.to_owned(), member.id);
        }
    }

    fn not_of_gitlab(&mut self, member: &Member, login: &str) {
        self.ambiguous.push(format!(
            "the user mapping names {login} for {} (GitLab id {}), which is no account of the identity provider that \
             stands for GitLab, so nothing is changed there; see sonarqube.provider",
            member.username, member.id
        ));
    }

    fn doubt(&mut self, member: &Member, logins: &[String]) {
        self.untouchable.extend(logins.iter().cloned());
        for login in logins {
            self.by_login.remove(login);
            self.user_of.remove(login);
        }
        let Member { id, username, .. } = member;
        let logins = logins.join(", ");
        self.ambiguous.push(format!(
            "{username} (GitLab id {id}) cannot be told from somebody else in SonarQube ({logins}), so nothing is \
             changed there; set the external id of the right account to {id}"
        ));
    }
}
