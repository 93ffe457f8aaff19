# SPDX-License-Identifier: GPL-2.0-only
# Compilers, flags and the layout of the build folder.

VERSION := 5.0
B ?= build
ARCH ?= $(shell uname -m)
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
ifeq ($(origin LD),default)
LD := $(CROSS_COMPILE)ld
endif
OBJCOPY ?= $(CROSS_COMPILE)objcopy
PYTHON ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla \
	-Werror=implicit -Wno-unused-parameter -Wno-missing-field-initializers \
	$(if $(findstring clang,$(CC)),-Wno-gnu-variable-sized-type-not-at-end) -Werror
OPTIMISE ?= -O2 -g
CPPFLAGS_ALL := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -Icompel/include -I$(B) -I$(B)/images \
	-DCRIU_VERSION='"$(VERSION)"'
CFLAGS_ALL := -std=gnu11 $(WARNINGS) $(OPTIMISE) -fno-strict-aliasing -fvisibility=hidden $(SANITIZE)

# Code that runs inside a target: no libc, no relocations, no stack protector, never sanitized.
CFLAGS_BLOB := -std=gnu11 $(WARNINGS) -O2 -ffreestanding -fno-strict-aliasing -fPIE -fvisibility=hidden \
	-fno-stack-protector -fno-jump-tables -fno-asynchronous-unwind-tables -fcf-protection=none \
	-fno-builtin -nostdlib -DCOMPEL_BLOB
ifeq ($(ARCH),aarch64)
CFLAGS_BLOB := $(filter-out -fcf-protection=none,$(CFLAGS_BLOB)) -mno-outline-atomics
endif
DEPFLAGS = -MMD -MP

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
