PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.PHONY: demo run test lint check-python

demo: $(VENV)/stamp
	@DEBUG=1 PORT=$(PORT) PAINEL_VAR=$${PAINEL_VAR:-$(CURDIR)/var/demo} $(BIN)/python manage.py demo

run: $(VENV)/stamp .env
	@PORT=$(PORT) $(BIN)/python manage.py start

test: $(VENV)/stamp-dev
	$(BIN)/python -m pytest

lint: $(VENV)/stamp-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DEBUG=1 $(BIN)/mypy .
	$(BIN)/lint-imports

.env:
	@umask 077; { echo "SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')"; \
		echo "ALLOWED_HOSTS=127.0.0.1,localhost"; echo "HTTPS=0"; } > $@
	@echo "Criado o arquivo .env, só para esta máquina; reveja antes de abrir ao mundo."

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "É preciso Python 3.11 ou mais novo: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Falta o módulo venv: apt-get install python3-venv"; exit 1; }

$(BIN)/python: | check-python
	@echo "Criando o ambiente em $(VENV)…"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/stamp: requirements.txt | $(BIN)/python
	@echo "Instalando os pacotes…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/stamp-dev: requirements-dev.txt $(VENV)/stamp
	@echo "Instalando os pacotes de teste…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
