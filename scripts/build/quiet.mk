# SPDX-License-Identifier: GPL-2.0-only
# "CC foo.o" instead of the whole command line, unless V=1.
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif
