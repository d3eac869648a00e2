//! Who is matched, who is left alone, and who is found a little later.

mod matching;
mod refreshing;
mod stage;
