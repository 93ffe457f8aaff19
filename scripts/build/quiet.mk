# SPDX-License-Identifier: GPL-2.0-only
# "CC foo.o" instead of the whole command line, unless V=1; nothing at all with make -s.
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
ifneq ($(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS)))),)
say = @:
else
say = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif
endif
