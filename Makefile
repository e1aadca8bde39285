# Thin names for start.py; make itself is not required.
.PHONY: demo run test all lock

demo:
	python3 start.py demo
run:
	python3 start.py
test:
	python3 start.py test
all:
	python3 start.py test --all
lock:
	python3 start.py lock
