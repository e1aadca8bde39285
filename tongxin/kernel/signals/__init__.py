"""Signals: something about a child that a person has to look at, and the people called until one of them does.

services.raise_signal(…)   write a signal and call somebody, in the transaction of whatever showed it
origins.add_origin(…)      a room says in words what signals of its own are about
fact SignalTaken           somebody is on it
"""
