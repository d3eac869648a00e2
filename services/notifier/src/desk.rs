//! Keeps one issue for each matter: opened, brought up to date, closed, opened again.
//!
//! **Invariant:** no matter has two issues. Whoever opens one has written down before that it does, by compare-and-set, so
//! no other does at the same time; and whoever finds that written long ago looks for the issue first.

use jiff::{SignedDuration, Timestamp};
use proto::OpenedIssue;
use runtime::{
    clock::Clock,
    http::{Failure, FailureKind},
    jetstream::{JetStream, KvError},
};

use crate::{
    gitlab::{Becomes, Issue, Issues},
    matter::Matter,
    metrics::{Done, NotifierMetrics},
    words::{self, Words},
};

/// Longer than a call may take: whoever began to open an issue so long ago has died.
const GIVEN_UP: SignedDuration = SignedDuration::from_secs(180);

/// In place of its number while an issue is being opened, and of one that nobody finds any more.
const OPENING: u64 = 0;

/// Where issues are kept in line.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) issues: Issues,
    pub(crate) jetstream: JetStream,
    pub(crate) clock: Clock,
    pub(crate) metrics: NotifierMetrics,
    pub(crate) at_most: usize,
}

/// Why an issue is not in line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    /// Another notifier is opening it.
    #[error("another notifier opens the issue")]
    Busy,
    /// GitLab does not let the token do it: what to see to.
    #[error("GitLab refuses: {0}")]
    Refused(&'static str),
    /// GitLab does not take this one.
    #[error(transparent)]
    Rejected(Failure),
    /// GitLab does not answer, or not now.
    #[error(transparent)]
    GitLab(Failure),
    #[error(transparent)]
    Kv(#[from] KvError),
}

impl From<Failure> for DeskError {
    fn from(failure: Failure) -> Self {
        match failure.kind {
            FailureKind::Refused { status: 401, .. } => {
                Self::Refused("GUASSP_ISSUES__TOKEN is wrong, revoked or expired")
            }
            FailureKind::Refused { .. } => Self::Refused(
                "GUASSP_ISSUES__TOKEN needs the scope api, and its user the role Reporter in issues.project",
            ),
            FailureKind::Missing { .. } => Self::Refused(
                "issues.project does not exist, has no issues, or the user of GUASSP_ISSUES__TOKEN is no member of it",
            ),
            FailureKind::Rejected { .. } => Self::Rejected(failure),
            FailureKind::Throttled { .. }
            | FailureKind::Broken { .. }
            | FailureKind::NoAnswer { .. }
            | FailureKind::Unreadable { .. } => Self::GitLab(failure),
        }
    }
}

impl Desk {
    /// Has an open issue say these words, unless it was said before: then it stays as people left it.
    pub(crate) async fn open(
        &self,
        matter: &Matter,
        words: &Words,
        since: Timestamp,
    ) -> Result<(), DeskError> {
        let key = matter.to_string();
        match self.jetstream.issues.get(&key).await? {
            Some(known) if known.open && known.iid == OPENING => {
                self.is_given_up(&known)?;
                self.open_anew(&key, Some(&known), words, since).await
            }
            Some(known) if known.digest == words.digest() || known.at > since => Ok(()),
            Some(known) if known.open => self.update(&key, known, words, since).await,
            _ if self.is_one_too_many(matter).await? => {
                let many = words::many_failed(self.at_most);
                Box::pin(self.open(&Matter::ManyFailed, &many, since)).await
            }
            Some(known) if known.iid != OPENING => self.update(&key, known, words, since).await,
            before => self.open_anew(&key, before.as_ref(), words, since).await,
        }
    }

    /// Closes the issue, where there is an open one about something older.
    pub(crate) async fn close(&self, matter: &Matter, since: Timestamp) -> Result<(), DeskError> {
        let key = matter.to_string();
        let known = self.jetstream.issues.get(&key).await?;
        let Some(known) = known.filter(|known| known.open && known.at <= since) else { return Ok(()) };
        let closed = self.closed(&key, &known).await?;
        let iid = closed.as_ref().map_or(OPENING, |issue| issue.iid);
        let (digest, url) = (String::new(), closed.map_or(String::new(), |issue| issue.url));
        let after = OpenedIssue { iid, url, digest, open: false, at: since };
        // Whoever is the first to write it down says so.
        if self.jetstream.issues.replace(&key, Some(&known), &after).await? && iid != OPENING {
            self.metrics.count(Done::Closed);
            self.issues.note(iid, "guassp: this is mended.").await?;
        }
        self.close_many(matter, since).await
    }

    /// The issue, closed; none where there is none (any more).
    async fn closed(&self, key: &str, known: &OpenedIssue) -> Result<Option<Issue>, DeskError> {
        if known.iid == OPENING {
            self.is_given_up(known)?;
        } else if let Some(closed) = is_there(self.issues.become_(known.iid, Becomes::Closed).await)? {
            return Ok(Some(closed));
        }
        // It was never opened, or somebody has deleted it. Or the project is out of reach: that is an error here.
        match self.issues.find(key).await? {
            Some(found) => Ok(is_there(self.issues.become_(found.iid, Becomes::Closed).await)?),
            None => Ok(None),
        }
    }

    async fn update(
        &self,
        key: &str,
        known: OpenedIssue,
        words: &Words,
        since: Timestamp,
    ) -> Result<(), DeskError> {
        let Some(issue) = is_there(self.issues.say(known.iid, key, words).await)? else {
            return self.open_anew(key, Some(&known), words, since).await;
        };
        let (text, done) = if known.open {
            ("guassp: there is news; the description says what.", Done::Updated)
        } else {
            ("guassp: this is back; the description says what it is now.", Done::Reopened)
        };
        if self.remember(key, &known, &issue, words, since).await? {
            self.metrics.count(done);
            self.issues.note(issue.iid, text).await?;
        }
        Ok(())
    }

    /// Somebody has begun to open the issue: long ago, and then has died, or does it at this moment.
    fn is_given_up(&self, begun: &OpenedIssue) -> Result<(), DeskError> {
        if self.clock.now().duration_since(begun.at).abs() < GIVEN_UP { Err(DeskError::Busy) } else { Ok(()) }
    }

    /// First it is written down that the issue is being opened, then it is looked for, then it is opened.
    async fn open_anew(
        &self,
        key: &str,
        before: Option<&OpenedIssue>,
        words: &Words,
        since: Timestamp,
    ) -> Result<(), DeskError> {
        let begun = opening(self.clock.now());
        if !self.jetstream.issues.replace(key, before, &begun).await? {
            return Err(DeskError::Busy);
        }
        let issue = match self.found_or_opened(key, words).await {
            Ok(issue) => issue,
            // Without an answer it may be there in a moment.
            Err(failure) if matches!(failure.kind, FailureKind::NoAnswer { .. }) => {
                return Err(failure.into());
            }
            Err(failure) => {
                self.jetstream.issues.replace(key, Some(&begun), &opening(Timestamp::UNIX_EPOCH)).await?;
                return Err(failure.into());
            }
        };
        self.metrics.count(Done::Opened);
        tracing::info!(issue = issue.url, about = key, "an issue for people is open");
        self.remember(key, &begun, &issue, words, since).await.map(drop)
    }

    async fn found_or_opened(&self, key: &str, words: &Words) -> Result<Issue, Failure> {
        match self.issues.find(key).await? {
            Some(found) => self.issues.say(found.iid, key, words).await,
            None => self.issues.open(key, words).await,
        }
    }

    async fn remember(
        &self,
        key: &str,
        before: &OpenedIssue,
        issue: &Issue,
        words: &Words,
        since: Timestamp,
    ) -> Result<bool, DeskError> {
        let (iid, url) = (issue.iid, issue.url.clone());
        let opened = OpenedIssue { iid, url, digest: words.digest(), open: true, at: since };
        Ok(self.jetstream.issues.replace(key, Some(before), &opened).await?)
    }

    /// Whether enough failing projects have an issue of their own.
    async fn is_one_too_many(&self, matter: &Matter) -> Result<bool, KvError> {
        Ok(matches!(matter, Matter::Failed(_)) && self.failing().await? >= self.at_most)
    }

    /// When less than half of those are left, the issue about many has done its part.
    async fn close_many(&self, matter: &Matter, since: Timestamp) -> Result<(), DeskError> {
        if matches!(matter, Matter::Failed(_)) && self.failing().await? * 2 < self.at_most {
            Box::pin(self.close(&Matter::ManyFailed, since)).await?;
        }
        Ok(())
    }

    /// How many failing projects have an open issue of their own.
    async fn failing(&self) -> Result<usize, KvError> {
        let many = Matter::ManyFailed.to_string();
        let open = self.jetstream.issues.open("failed").await?;
        Ok(open.iter().filter(|key| **key != many).count())
    }
}

/// What became of the issue; none where GitLab does not show it.
fn is_there(done: Result<Issue, Failure>) -> Result<Option<Issue>, Failure> {
    match done {
        Err(Failure { kind: FailureKind::Missing { .. }, .. }) => Ok(None),
        done => done.map(Some),
    }
}

const fn opening(at: Timestamp) -> OpenedIssue {
    OpenedIssue { iid: OPENING, url: String::new(), digest: String::new(), open: true, at }
}
