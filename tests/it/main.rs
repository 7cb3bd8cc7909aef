//! The one integration-test binary; a folder per subject.

mod rules;
