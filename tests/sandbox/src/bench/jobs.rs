//! Many projects with one running job each, and a file with their tokens, for a benchmark that posts as they do.

use std::io::{BufWriter, Write};
use std::num::NonZero;
use std::path::Path;
use std::thread;

use serde_json::{Map, Value};

use crate::GitLab;
use crate::gitlab::{SignedBy, Signer, World};

use super::FIRST_PROJECT;

/// Whoever causes the jobs, and the group of the projects.
const RUNNER: u64 = 999_998;
const GROUP: u64 = 999_999;

/// One project's running job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchJob {
    pub project: u64,
    pub token: String,
}

/// A job with its ID token, before that is signed.
type Unsigned = (BenchJob, Map<String, Value>);

/// Adds projects `bench/p0`, `bench/p1` … with the ids 1000000, 1000001 …, and starts a job in each.
pub fn add_jobs(world: &mut World, count: u64) -> Vec<BenchJob> {
    world.add_user(RUNNER, "bench-runner");
    world.add_group(GROUP, "bench");
    let start = |number| {
        let project = world.add_project(FIRST_PROJECT + number, &format!("bench/p{number}"));
        BenchJob { project, token: world.start_job(project, RUNNER) }
    };
    (0..count).map(start).collect()
}

/// Writes a line for each job: project id, job token, ID token for `audience`. Signing 20,000 takes some ten seconds
/// of one core, so all cores sign.
pub fn write_tokens(gitlab: &GitLab, jobs: &[BenchJob], audience: &str, file: &Path) -> std::io::Result<()> {
    let (unsigned, signer) = {
        let world = gitlab.world();
        let claims = |job: &BenchJob| Some((job.clone(), world.id_token_of(&job.token, audience)?.claims));
        (jobs.iter().filter_map(claims).collect::<Vec<Unsigned>>(), world.signer(SignedBy::Ci))
    };
    let mut file = BufWriter::new(std::fs::File::create(file)?);
    for line in signed(&unsigned, &signer) {
        writeln!(file, "{line}")?;
    }
    file.flush()
}

fn signed(unsigned: &[Unsigned], signer: &Signer) -> Vec<String> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let line = |(job, claims): &Unsigned| format!("{} {} {}", job.project, job.token, signer.sign(claims));
    thread::scope(|scope| {
        let share = |part: &'_ [Unsigned]| part.iter().map(line).collect::<Vec<_>>();
        let parts = unsigned.chunks(unsigned.len().div_ceil(cores).max(1));
        let working: Vec<_> = parts.map(|part| scope.spawn(move || share(part))).collect();
        working.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}
