//! `/ws/agent`: real sockets of people at work.

mod limits;
mod page;
mod resume;
mod walls;
mod work;
