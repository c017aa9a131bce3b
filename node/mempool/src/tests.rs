mod admission;
mod fixture;
mod leaving;
mod ordering;
mod properties;
