/** Trees as people have them; made for these tests. */
export type Files = Record<string, string>

/** The menu of an installer in several files, with submenus in submenus. */
export const installer: Files = {
  'tftp/pxelinux.cfg/default': `# netboot of the distribution
path debian-installer/amd64/boot-screens/
include debian-installer/amd64/boot-screens/menu.cfg
default debian-installer/amd64/boot-screens/vesamenu.c32
prompt 0
timeout 0
`,
  'tftp/debian-installer/amd64/boot-screens/menu.cfg': `menu hshift 4
menu width 70
menu title Debian GNU/Linux installer menu (BIOS mode)
include debian-installer/amd64/boot-screens/stdmenu.cfg
label install
	menu label ^Install
	kernel debian-installer/amd64/linux
	append vga=788 initrd=debian-installer/amd64/initrd.gz --- quiet
menu begin advanced
	menu label ^Advanced options
	menu title Advanced options
	include debian-installer/amd64/boot-screens/stdmenu.cfg
	label mainmenu
		menu label ^Back..
		menu exit
	label expert
		menu label E^xpert install
		kernel debian-installer/amd64/linux
		append priority=low vga=788 initrd=debian-installer/amd64/initrd.gz ---
	menu begin desktops
		menu label Alternative ^desktops
		menu exit
		label kde
			menu label ^KDE
			kernel debian-installer/amd64/linux
			append desktop=kde vga=788 initrd=debian-installer/amd64/initrd.gz --- quiet
	menu end
menu end
label help
	menu label ^Help
	text help
   Display help screens; type 'menu' at boot prompt to return to this menu
	endtext
	config debian-installer/amd64/boot-screens/prompt.cfg
`,
  'tftp/debian-installer/amd64/boot-screens/stdmenu.cfg': `menu background debian-installer/amd64/boot-screens/splash.png
menu color title	* #FFFFFFFF *
menu vshift 8
menu rows 12
menu helpmsgrow 14
menu tabmsg Press ENTER to boot or TAB to edit a menu entry
`,
  'tftp/debian-installer/amd64/boot-screens/prompt.cfg': `prompt 1
display f1.txt
timeout 0
include debian-installer/amd64/boot-screens/menu.cfg
f1 f1.txt
f2 f2.txt
`,
}

/** A lab: kickstart, images, tools, machines of their own. */
export const lab: Files = {
  'srv/pxelinux.cfg/default': `UI menu.c32
MENU TITLE Lab 3: what now?
MENU MASTER PASSWD $1$abc
TIMEOUT 305
TOTALTIMEOUT 9000
ONTIMEOUT local
SERIAL 0 9600
SAY booting

LABEL local
  MENU LABEL Boot from ^local disk
  MENU DEFAULT
  LOCALBOOT 0

LABEL -
  MENU LABEL Installation
  MENU DISABLE

LABEL centos7
  MENU LABEL ^CentOS 7
  LINUX images/centos7/vmlinuz
  INITRD images/centos7/initrd.img,images/drivers.img
  APPEND ks=http://10.0.0.1/ks/c7.cfg ksdevice=bootif console=tty0 console=ttyS1,115200n8 BOOT_IMAGE=x
  IPAPPEND 2

LABEL ubuntu
  MENU LABEL ^Ubuntu 22.04
  KERNEL http://10.0.0.1/jammy/vmlinuz
  APPEND initrd=http://10.0.0.1/jammy/initrd ip=dhcp url=http://10.0.0.1/jammy.iso
  SYSAPPEND 0x15

LABEL hwtools
  MENU HIDE
  KERNEL hdt.c32

MENU SEPARATOR
LABEL hdt
  COM32 modules/hdt.c32
  APPEND modules_pcimap=x
LABEL memtest
  MENU LABEL Memory test
  KERNEL memtest86+
LABEL dos
  MENU LABEL FreeDOS; old && slow
  KERNEL boot/memdisk
  APPEND initrd=images/freedos.img.gz raw
LABEL wds
  MENU LABEL Windows (WDS)
  COM32 pxechn.c32
  APPEND 10.0.0.2::boot\\x64\\wdsnbp.com -W
LABEL second
  MENU LABEL Second disk
  KERNEL chain.c32
  APPEND hd1 2
LABEL esx
  KERNEL mboot.c32
  APPEND -c esx/boot.cfg
LABEL restart
  COM32 reboot.c32
LABEL off
  COM32 poweroff.c32
LABEL next
  LOCALBOOT -1
`,
  // straight into an installation, no menu
  'srv/pxelinux.cfg/01-52-54-00-12-34-56': `DEFAULT install
PROMPT 0
LABEL install
  KERNEL images/centos7/vmlinuz
  APPEND initrd=images/centos7/initrd.img ks=http://10.0.0.1/ks/node1.cfg
`,
  // the same for another machine
  'srv/pxelinux.cfg/01-52-54-00-12-34-57': `DEFAULT install
PROMPT 0
LABEL install
  KERNEL images/centos7/vmlinuz
  APPEND initrd=images/centos7/initrd.img ks=http://10.0.0.1/ks/node1.cfg
`,
  'srv/pxelinux.cfg/4c4c4544-0042-3510-8053-b4c04f4d3132': `INCLUDE pxelinux.cfg/default\n`,
  'srv/pxelinux.cfg/C0A80A': `DEFAULT vmlinuz root=/dev/nfs nfsroot=10.0.0.1:/srv/nfs initrd=initrd.img\n`,
  'srv/pxelinux.cfg/default.bak': 'LABEL x\n',
}

/** As it was before there were menus. */
export const prompt: Files = {
  'old/pxelinux.cfg/default': `DISPLAY boot.msg
F1 help.txt
PROMPT 1
TIMEOUT 50
APPEND initrd=initrd.img nofb
DEFAULT Linux
ALLOWOPTIONS 0
LABEL linux
  KERNEL vmlinuz
LABEL single
  KERNEL vmlinuz
  APPEND initrd=initrd.img single
LABEL bare
  KERNEL zImage
  APPEND -
LABEL rescue
  APPEND initrd=rescue.img
`,
}

/** Menus in files that lead to each other, and back. */
export const linked: Files = {
  'tree/pxelinux.cfg/default': `UI vesamenu.c32
MENU INCLUDE pxelinux.cfg/graphics
LABEL linux
  MENU LABEL Linux
  KERNEL vesamenu.c32
  APPEND pxelinux.cfg/graphics pxelinux.cfg/linux.menu
LABEL tools
  MENU PASSWD secret
  CONFIG pxelinux.cfg/tools.menu
MENU INCLUDE pxelinux.cfg/more.menu more
LABEL jump
  MENU GOTO more
LABEL lost
  MENU GOTO nowhere
`,
  'tree/pxelinux.cfg/graphics': 'MENU BACKGROUND x.png\nMENU COLOR border 0 #00 #00\n',
  'tree/pxelinux.cfg/linux.menu': `MENU TITLE Linux
DEFAULT b
TIMEOUT 100
LABEL up
  MENU LABEL Back
  KERNEL vesamenu.c32
  APPEND pxelinux.cfg/graphics pxelinux.cfg/default
LABEL a
  LINUX ::a/vmlinuz
LABEL b
  LINUX /b/vmlinuz
`,
  'tree/pxelinux.cfg/tools.menu':
    'LABEL grub\n KERNEL grub/core.0\nLABEL shell\n KERNEL shellx64.efi\nLABEL back\n MENU QUIT\n',
  'tree/pxelinux.cfg/more.menu': 'MENU TITLE More\nLABEL again\n LINUX more\nINCLUDE pxelinux.cfg/default\n',
}
