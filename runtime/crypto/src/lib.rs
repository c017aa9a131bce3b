//! Hash, sign, verify and reveal: the only place with domain tags.
