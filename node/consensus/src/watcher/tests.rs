mod admission;
mod certificates;
mod detection;
mod exchange;
mod fixture;
mod persistence;
mod real;
