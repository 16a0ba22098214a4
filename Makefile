# What one types. Everything is done by cmake's presets and the scripts; nothing is decided here.
.DEFAULT_GOAL := help
.PHONY: help deps build test run check bench format clean

JOBS ?= $(shell nproc)
RUN_OPTIONS = $(if $(HTTP_PORT),--http-port=$(HTTP_PORT)) $(if $(GRPC_PORT),--grpc-port=$(GRPC_PORT)) \
  $(if $(ADMIN_PORT),--admin-port=$(ADMIN_PORT)) $(if $(PROMETHEUS_PORT),--prometheus-port=$(PROMETHEUS_PORT)) \
  $(if $(EXPORTER_PORT),--exporter-port=$(EXPORTER_PORT)) $(if $(HOURS),--hours=$(HOURS)) $(if $(NAMES),--names=$(NAMES))

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10
	@echo 'make run takes HTTP_PORT, GRPC_PORT, ADMIN_PORT, PROMETHEUS_PORT, EXPORTER_PORT, HOURS (of history)'
	@echo 'and NAMES (connector, seconds, processor or tempo: how the sample metrics are called).'

deps: ## install the Debian packages that are missing
	@scripts/install-packages.sh

build: ## build/release/jaeger-spm-proxy
	@scripts/install-packages.sh build
	@# The first time without tests, so that their packages are not needed; `make test` adds them, and they stay.
	@cmake --preset release $(if $(wildcard build/release/CMakeCache.txt),,-DSPM_TESTS=OFF) >/dev/null
	@cmake --build --preset release -j $(JOBS) --target jaeger-spm-proxy

test: deps ## build everything and run every test (FRESH=1: also what passed before, unchanged)
	@scripts/test.sh release

run: ## a Prometheus with sample data and the proxy before it; Ctrl-C ends both
	@scripts/install-packages.sh build run
	@$(MAKE) --no-print-directory build
	@exec python3 demo/run.py $(RUN_OPTIONS)

check: ## exactly what CI runs
	@.ci/run

bench: ## points a second, and a page asked of Prometheus and of the proxy (HOURS, ROUNDS, LARGE=1, ONLY=page)
	@scripts/install-packages.sh build test
	@scripts/bench.sh

format: ## clang-format over all C++ files
	@scripts/install-packages.sh check
	@scripts/check-format.sh --fix

clean: ## remove everything that was built
	rm -rf build
