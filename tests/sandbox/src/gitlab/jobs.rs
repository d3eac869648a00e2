//! CI jobs. A job's token is good while the job runs, and not a moment longer.

use super::model::{Job, JobStatus};
use super::world::World;

impl World {
    /// Starts a job of this person in this project, and gives its token.
    pub fn start_job(&mut self, project: u64, user: u64) -> String {
        let token = format!("glcbt-64_{:020}", self.last_id + 1);
        self.start_job_with(project, user, &token);
        token
    }

    /// The same with a chosen token; gives the id of the job.
    pub fn start_job_with(&mut self, project: u64, user: u64, token: &str) -> u64 {
        let id = self.next_id();
        let token = token.to_owned();
        let job = Job { id, project, user, token: token.clone(), status: JobStatus::Running };
        self.jobs.insert(token, job);
        id
    }

    pub fn end_job(&mut self, token: &str) {
        self.jobs.remove(token);
    }

    pub fn set_job_status(&mut self, token: &str, status: JobStatus) {
        if let Some(job) = self.jobs.get_mut(token) {
            job.status = status;
        }
    }

    /// The job that this token proves, unless its project is gone.
    pub(super) fn job_of(&self, token: &str) -> Option<&Job> {
        let job = self.jobs.get(token)?;
        self.projects.contains_key(&job.project).then_some(job)
    }
}

impl Job {
    /// The pipeline's id.
    pub(super) fn pipeline(&self) -> u64 {
        self.id + 500_000
    }
}
