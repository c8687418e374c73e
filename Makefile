# `make help` lists what there is. Each target is one line here or a script in scripts/.
SHELL := /bin/bash
PREFIX ?= /usr/local

# The demo and the tests share this configuration, so that the second of them builds nothing.
BUILD := swift build -c release --build-tests
FORMATTED := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

# Nothing here ever touches the database that the caller's environment points to.
unexport DATABASE_URL $(filter PG%,$(.VARIABLES))

.DEFAULT_GOAL := help
.PHONY: help setup build demo test torture bench bench-million install format lint check clean

help: ## list the targets
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: libpq, a PostgreSQL with pgvector, MiniLM, the link ./dbtool
	@scripts/setup

build: setup ## build dbtool and its tests
	$(BUILD)

demo: build ## from an empty folder to recommendations, in a database of its own
	@scripts/demo.sh

test: ## run every test on PostgreSQL 18, those of the SQL on 16, and those of a user's package
	@scripts/setup --tests
	$(BUILD)
	@scripts/test
	@scripts/test-own-tables

torture: build ## kill commands at random moments, 200 rounds; 100,000 statements of random names and values
	@DBTOOL_TORTURE_ROUNDS=200 DBTOOL_FUZZ_CASES=100000 scripts/test --filter 'Torture|BuilderFuzz'

bench: build ## measure against psql, psycopg and bare libpq; print ratios
	@scripts/bench

bench-million: build ## measure searches of a million vectors: half an hour
	@scripts/bench million

install: build ## copy one binary, the model and a fetched server to PREFIX (/usr/local)
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -s -m 755 .build/release/dbtool "$(DESTDIR)$(PREFIX)/bin/dbtool"
	@scripts/install-tools "$(DESTDIR)$(PREFIX)/lib/dbtool"

format: ## format the Swift sources in place
	swift format --in-place --parallel --recursive $(FORMATTED)

lint: ## check the format of the Swift sources
	swift format lint --strict --parallel --recursive $(FORMATTED)

check: lint ## lint, and keep the arrows between the targets
	@scripts/check-imports
	@scripts/check-words

clean: ## remove what was built; the fetched server and the databases stay
	rm -rf .build Tests/OwnTables/.build dbtool
