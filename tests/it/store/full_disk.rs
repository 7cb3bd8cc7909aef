//! A disk that is really full: a child fills a small file system of its own, in a mount namespace of its own. Where the
//! machine does not let us make one, the faulty backend of the commit tests has to do.
